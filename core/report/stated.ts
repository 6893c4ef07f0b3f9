import type { Case } from './case.ts'
import type { StatementEvidence } from './evidence.ts'
import type { OpenAmount } from './open.ts'

/**
 * What the hospital's own newest statement of account says of this invoice; undefined where it has said nothing. The
 * seller's statement counts for nothing here: that it asked is not that the hospital agreed.
 */
export const stated = ({ evidence, invoice: { document }, asOf }: Case): StatementEvidence | undefined => {
  const { code, parties } = document.claims
  const own = (evidence.statements ?? []).filter(
    it => it.invoice === code && it.signer === parties.buyer && it.until <= asOf.slice(0, 10),
  )
  return own.toSorted((a, b) => (a.until === b.until ? byPlace(a, b) : a.until < b.until ? -1 : 1)).at(-1)
}

/**
 * Another gross or currency, or less left to pay than is known here. More left to pay is no difference: what was paid or
 * credited after the statement's day isn't in it.
 */
export const statedDifferently = (it: Case, { gross, open }: OpenAmount): boolean => {
  const said = stated(it)
  if (said === undefined) return false
  return said.currency !== gross.currency || BigInt(said.gross) !== gross.minor || BigInt(said.open) < open.minor
}

const byPlace = (a: StatementEvidence, b: StatementEvidence): number => Number(BigInt(a.index) - BigInt(b.index))
