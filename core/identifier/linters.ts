import { cset39, cset64, cset82, hasnondigit, hyphen, importeridx, pcenc } from './lint-characters.ts'
import { couponcode, couponposoffer } from './lint-coupon.ts'
import { iban, iso3166, iso3166alpha2, iso4217, iso3166999, mediatype, packagetype } from './lint-lists.ts'
import {
  csum,
  csumalpha,
  gcppos1,
  gcppos2,
  iso5218,
  latitude,
  longitude,
  nonzero,
  nozeroprefix,
  pieceoftotal,
  posinseqslash,
  winding,
  yesno,
  zero,
} from './lint-numbers.ts'
import { hh, hhmi, mi, ss, yymmd0, yymmdd, yyyymmd0, yyyymmdd } from './lint-time.ts'
import { digitsOnly, type Linter } from './linter.ts'

/** Every value check of the GS1 Barcode Syntax Dictionary, under the dictionary's name. */
export const linters = {
  couponcode,
  couponposoffer,
  cset39,
  cset64,
  cset82,
  csetnumeric: digitsOnly,
  csum,
  csumalpha,
  gcppos1,
  gcppos2,
  hasnondigit,
  hh,
  hhmi,
  hyphen,
  iban,
  importeridx,
  iso3166,
  iso3166999,
  iso3166alpha2,
  iso4217,
  iso5218,
  latitude,
  longitude,
  mediatype,
  mi,
  nonzero,
  nozeroprefix,
  packagetype,
  pcenc,
  pieceoftotal,
  posinseqslash,
  ss,
  winding,
  yesno,
  yymmd0,
  yymmdd,
  yyyymmd0,
  yyyymmdd,
  zero,
} as const satisfies Record<string, Linter>

export type LinterName = keyof typeof linters

export const isLinterName = (name: string): name is LinterName => Object.hasOwn(linters, name)
