import { type RefusalCode, refusals } from '../../../core/errors.ts'

const codes = Object.keys(refusals) as RefusalCode[]

/** The table that the server answers from is in English. */
export const refusalsEn = Object.fromEntries(codes.map(code => [code, refusals[code][1]])) as Readonly<
  Record<RefusalCode, string>
>
