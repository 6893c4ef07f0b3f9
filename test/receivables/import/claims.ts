import { expect } from 'chai'
import { type DocumentKind, documentSchema, originOf } from '../../../core/document.ts'
import { makeUscc } from '../../../core/uscc.ts'
import type { TradeSettings, Unsigned } from '../../../receivables/import/scms-trade.ts'

export const settings: TradeSettings = {
  seller: makeUscc('91310000MA1FL0000'),
  buyer: makeUscc('12310000425000000'),
  prefix: '6901234',
  weeks: 0,
}

/** Signed by its origin it would be taken as it is. */
export const expectValid = (document: Unsigned<DocumentKind>): void => {
  const claims = { iss: originOf(document), iat: 1_700_000_000, ...document }
  const parsed = documentSchema.safeParse(claims)
  expect(parsed.error?.issues, document.number).to.equal(undefined)
  expect(parsed.data).to.deep.equal(claims)
}
