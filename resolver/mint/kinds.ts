import { randomInt } from 'node:crypto'
import { z } from 'zod'
import { Refusal } from '../../core/errors.ts'
import { type Code, gs1, parseCode } from '../../core/identifier/code.ts'
import { makeGdti, makeGln, makeGtin, makeSscc } from '../../core/identifier/make.ts'

const gtin = z.string().regex(/^[0-9]{14}$/, 'expected the 14 digits of a GTIN')

/** What can be minted below a prefix, and what else each kind needs to be told. */
export const mintable = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('item'),
    indicator: z
      .string()
      .regex(/^[0-8]$/)
      .default('0'),
  }),
  z.strictObject({ kind: z.literal('instance'), gtin }),
  z.strictObject({
    kind: z.literal('logistic-unit'),
    extension: z
      .string()
      .regex(/^[0-9]$/)
      .default('0'),
  }),
  z.strictObject({ kind: z.literal('location') }),
  z.strictObject({ kind: z.literal('document'), type: z.string().regex(/^[0-9]{1,8}$/) }),
  z.strictObject({ kind: z.literal('handle') }),
])
export type Mintable = z.output<typeof mintable>

/** One series of references below a prefix: what is given in it is never given again. */
export const seriesOf = (it: Mintable): string => {
  if (it.kind === 'item') return `item ${it.indicator}`
  if (it.kind === 'logistic-unit') return `logistic-unit ${it.extension}`
  if (it.kind === 'instance') return `instance ${it.gtin}`
  if (it.kind === 'document') return `document ${it.type}`
  return it.kind
}

/**
 * The code of the n-th reference. Serials of instances are drawn at random: who can guess the next one can print it.
 * Refusal PREFIX_EXHAUSTED.
 */
export const codeOf = (prefix: string, it: Mintable, n: bigint): Code => {
  if (it.kind === 'handle') return parsed(`hdl:${prefix}/${n}`)
  try {
    if (it.kind === 'item') return gs1('01', makeGtin(prefix, n, it.indicator))
    if (it.kind === 'logistic-unit') return gs1('00', makeSscc(prefix, n, it.extension))
    if (it.kind === 'location') return gs1('414', makeGln(prefix, n))
    if (it.kind === 'document') return gs1('253', makeGdti(prefix, it.type, String(n)))
  } catch (error) {
    if (error instanceof RangeError) throw new Refusal('PREFIX_EXHAUSTED')
    throw error
  }
  return parsed(`(01)${it.gtin}(21)${serial()}`)
}

/** Letters and digits that nobody mistakes for another, 60 bits of them. */
const alphabet = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ'
const serial = () => Array.from({ length: 12 }, () => alphabet[randomInt(alphabet.length)]).join('')

const parsed = (text: string): Code => {
  const it = parseCode(text)
  if (!it.ok) throw new Refusal('CODE_INVALID', it.error.message)
  return it.code
}
