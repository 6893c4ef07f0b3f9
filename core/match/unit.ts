import { type Decimal, ONE, times } from '../quantity.ts'

/**
 * Ways to write the same unit, the UN/ECE Recommendation 20 code first. Nothing here is a conversion. 件 is none of them: it
 * is a piece in one warehouse and a carton in the next.
 */
const synonyms = [
  ['C62', 'EA', 'H87', 'PCE', 'each', 'piece', '个', '支', '只'],
  ['XBX', 'BX', 'box', '盒'],
  ['XPK', 'PK', 'pack', '包'],
  ['KGM', 'kg', '千克', '公斤'],
  ['GRM', 'g', '克'],
  ['LTR', 'l', '升'],
  ['MLT', 'ml', '毫升'],
] as const satisfies readonly (readonly string[])[]

const canonicalUnit = new Map<string, string>(
  synonyms.flatMap(([first, ...rest]) => [first, ...rest].map(unit => [unit, first] as const)),
)

/** The code of a unit in any spelling of the table; an unknown unit is only itself. */
export const unitOf = (unit: string): string => canonicalUnit.get(unit) ?? unit

export const sameUnit = (a: string, b: string): boolean => unitOf(a) === unitOf(b)

/** One `unit` holds `quantity` of the order line's own unit, as the order says. */
export type Pack = { readonly unit: string; readonly quantity: Decimal }

/** In the line's own unit; undefined where nobody said how to convert: a guess would be worth nothing. */
export const convert = (
  quantity: Decimal,
  from: string,
  line: { readonly unit: string; readonly packs: readonly Pack[] },
): Decimal | undefined => {
  if (sameUnit(from, line.unit)) return times(quantity, ONE)
  const pack = line.packs.find(({ unit }) => sameUnit(unit, from))
  return pack && times(quantity, pack.quantity)
}
