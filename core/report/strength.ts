/** On whose word a fact stands, weakest first. */
export const strengths = ['self', 'mutual', 'third'] as const
export type Strength = (typeof strengths)[number]

/** A value computed from inputs has the weakest input's strength; null, from no input that has one, is left out. */
export const weakest = (...inputs: readonly (Strength | null)[]): Strength | null => {
  const present = inputs.filter(it => it !== null)
  return present.length === 0 ? null : (strengths.find(strength => present.includes(strength)) ?? null)
}

/** When an independent flow says the same: lifts self to mutual, never to third. */
export const corroborated = (strength: Strength, byAnother: boolean): Strength =>
  strength === 'self' && byAnother ? 'mutual' : strength

type Parties = { readonly seller: string; readonly buyer: string }
type Known = { readonly independent: readonly string[]; readonly affiliated: readonly string[] }

/**
 * What a signature is worth by who gave it. The buyer is adverse to the seller: it has to pay. Of anybody else, who is
 * not known to be independent counts as the seller's own.
 */
export const strengthOf = (signer: string | null, { seller, buyer }: Parties, known: Known): Strength => {
  if (signer === null || signer === seller || known.affiliated.includes(signer)) return 'self'
  return signer === buyer || known.independent.includes(signer) ? 'third' : 'self'
}
