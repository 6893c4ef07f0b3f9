import { gs1 } from '../../core/identifier/code.ts'
import { makeGdti, makeGtin } from '../../core/identifier/make.ts'
import { parseCurrency } from '../../core/money.ts'
import type { Actor, UnsignedDocument } from '../../scripts/sample/actor.ts'
import { prefixOf } from '../../scripts/sample/cast.ts'

export type Order = Extract<UnsignedDocument, { kind: 'order' }>

const today = () => new Date().toISOString().slice(0, 10)

/** The smallest order there is, under the distributor's prefix. */
export const orderOf = (seller: Actor, buyer: Actor, number: string): Order => ({
  kind: 'order',
  code: gs1('253', makeGdti(prefixOf('distributor'), '1', number.replaceAll('-', ''))).text,
  number,
  version: 1,
  parties: { seller: seller.uscc, buyer: buyer.uscc },
  issueDate: today(),
  currency: parseCurrency('CNY'),
  lines: [
    {
      id: '1',
      item: gs1('01', makeGtin(prefixOf('distributor'), 90002)).text,
      quantity: '1',
      unit: 'C62',
      unitPrice: '1',
      taxRate: '0.13',
    },
  ],
})
