import { z } from 'zod'
import { currency, documentCode, documentNumber, instant, minorUnits, nonce, quantity, recordId } from './act.ts'
import { usccSchema } from './uscc.ts'

/** How the receivable serves as security, in the trade's words: console and law use the same. */
export const modes = {
  明保理: { notice: true, zhongdeng: true },
  暗保理: { notice: false, zhongdeng: true },
  应收账款质押: { notice: false, zhongdeng: true },
  信用贷: { notice: false, zhongdeng: false },
} as const
export type Mode = keyof typeof modes
export const mode = z.enum(Object.keys(modes) as [Mode, ...Mode[]])

/**
 * States of a mark, as the trade's duplicate registries name them. `live` holds the receivable and its goods: of those
 * there is one at most. The table of moves stands in SQL too, where nothing gets around it (0006_receivables.sql).
 */
export const markStates = {
  REGU: { meaning: 'registered, no other', live: false, moves: ['REDU', 'DFIN', 'PNDG', 'FNCD', 'CANC'] },
  REDU: {
    meaning: 'registered by others too, not yet financed',
    live: false,
    moves: ['REGU', 'DFIN', 'PNDG', 'FNCD', 'CANC'],
  },
  DFIN: { meaning: 'registered, financed by another', live: false, moves: ['REGU', 'REDU', 'CANC'] },
  PNDG: { meaning: 'held until the other registration is made', live: true, moves: ['FNCD', 'CANC'] },
  FNCD: { meaning: 'financed', live: true, moves: ['CANC'] },
  CANC: { meaning: 'cancelled or released', live: false, moves: [] },
} as const satisfies Record<string, { meaning: string; live: boolean; moves: readonly string[] }>
export type MarkState = keyof typeof markStates

/** What the bank asks the registry for: to note its interest, to hold while it registers at 中登网, or to finance. */
export const markActs = ['register', 'hold', 'finance'] as const
export type MarkAct = (typeof markActs)[number]

/** The contract that decides between registries. */
export const registryContract = z.strictObject({
  chainId: z.string().regex(/^[1-9][0-9]{0,18}$/, 'expected a decimal number'),
  /** Hash of block 0: a chain begun anew is another one. */
  genesis: z.string().regex(/^0x[0-9a-f]{64}$/, 'expected 0x and 64 lower-case hex digits'),
  contract: z.string().regex(/^0x[0-9a-f]{40}$/, 'expected 0x and 40 lower-case hex digits'),
})
export type RegistryContract = z.output<typeof registryContract>

/** The seller's word to one bank over one invoice. Payload under typ.financingConsent. */
export const consentSchema = z.strictObject({
  application: z.uuid(),
  bank: usccSchema,
  seller: usccSchema,
  invoice: documentCode,
  commitment: recordId,
  mode,
  recourse: z.boolean(),
  /** The most that may be advanced on it. */
  amount: minorUnits,
  currency,
  deadline: instant,
  /** Where a contract decides between registries: it serves there, and nowhere else. */
  registry: registryContract.optional(),
  nonce,
  iat: instant,
})
export type Consent = z.output<typeof consentSchema>

/** A quantity of an order line, and how much of it was accepted and not returned: marks together never exceed that. */
const share = { quantity, accepted: quantity }

export const markedGoods = z.strictObject({
  /** Codes of the serialised instances. */
  serials: z.array(documentCode).max(20_000),
  lines: z
    .array(
      z.strictObject({
        order: documentCode,
        line: z.string().min(1).max(50),
        ...share,
        /** Lots or logistic units, where the goods have such codes. */
        units: z.array(z.strictObject({ code: documentCode, ...share })).max(2_000),
      }),
    )
    .min(1)
    .max(2_000),
})
export type MarkedGoods = z.output<typeof markedGoods>

/** The bank's mark on one invoice and the goods behind it. Payload under typ.financingMark. */
export const markSchema = z
  .strictObject({
    /** Of the financing. A second mark on it takes it further: from registered to held, from held to financed. */
    id: z.uuid(),
    act: z.enum(markActs),
    application: z.uuid(),
    bank: usccSchema,
    seller: usccSchema,
    invoice: z.strictObject({
      code: documentCode,
      commitment: recordId,
      number: documentNumber,
      issueDate: z.iso.date(),
      gross: minorUnits,
      currency,
    }),
    goods: markedGoods,
    amount: minorUnits,
    mode,
    recourse: z.boolean(),
    /** Certificate number of the registration at 中登网. */
    zhongdeng: z
      .string()
      .regex(/^[0-9]{16,30}$/, 'expected the digits of a 中登网 certificate')
      .optional(),
    /** Hex SHA-256 of the consent's payload. */
    consent: recordId,
    nonce,
    iat: instant,
  })
  .refine(it => distinct(it.goods.serials), 'a serial is named twice')
  .refine(it => distinct(it.goods.lines.map(({ order, line }) => `${order}\n${line}`)), 'an order line is named twice')
  .refine(
    it => it.goods.lines.every(({ units }) => distinct(units.map(({ code }) => code))),
    'a lot is named twice in a line',
  )
  .refine(
    it => it.act !== 'finance' || !modes[it.mode].zhongdeng || it.zhongdeng !== undefined,
    'this mode is financed under the number of its registration at 中登网: hold until then',
  )
export type Mark = z.output<typeof markSchema>

/** The bank's word that it no longer has a claim. Payload under typ.financingRelease. */
export const markReleaseSchema = z.strictObject({
  financing: z.uuid(),
  bank: usccSchema,
  reason: z.enum(['repaid', 'withdrawn', 'recourse', 'mistake']),
  nonce,
  iat: instant,
})
export type MarkRelease = z.output<typeof markReleaseSchema>

/** That a mark ended since it was not financed in time. Payload under typ.financingExpiry, by the registry's node key. */
export const markExpirySchema = z.strictObject({
  financing: z.uuid(),
  bank: usccSchema,
  /** Until when it had to be financed. */
  expired: z.iso.datetime({ precision: 3 }),
})
export type MarkExpiry = z.output<typeof markExpirySchema>

/** In what a mark under the same fingerprint is said differently there. */
export const comparedFields = ['seller', 'issueDate', 'gross', 'currency'] as const

/**
 * What the registry holds against some invoices, leaving out the application under evaluation. Payload under
 * typ.registryStatement, by the node key of the registry. It never says whose the other marks are.
 */
export const registryStatementSchema = z.strictObject({
  /** The registry's log origin: a look-up is worth as much as the registry's reach. */
  registry: z.string().min(1).max(200),
  application: z.uuid(),
  asOf: instant,
  invoices: z.array(
    z.strictObject({
      invoice: documentCode,
      commitment: recordId,
      /** A live mark on the invoice's fingerprint. */
      financed: z.boolean(),
      /** Marks by others on the fingerprint that are not live: somebody else was asked, too. */
      registered: z.int().min(0),
      differs: z.array(z.enum(comparedFields)),
      /** Of the invoice's serials, those under a live mark. */
      serials: z.array(documentCode),
      /** Of the invoice's order lines, what live marks hold. */
      lines: z.array(
        z.strictObject({
          order: documentCode,
          line: z.string().min(1),
          quantity,
          units: z.array(z.strictObject({ code: documentCode, quantity })),
        }),
      ),
    }),
  ),
})
export type RegistryStatement = z.output<typeof registryStatementSchema>

/**
 * What of an invoice's number counts: tax invoices are numbered by the state, so the 20 digits (or the 10 or 12 of the
 * code and the 8 of the number) name one invoice in the country. Any other number is the seller's own and means
 * something only beside its USCC. Spelling counts for nothing: width, case, blanks and punctuation go.
 * Throws SyntaxError on letters that could pass for others, and on the 8 digits without their code.
 */
export const fingerprintInput = (number: string, seller: string): string => {
  const normal = number
    .normalize('NFKC')
    .toUpperCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '')
  if (!/^[0-9A-Z\p{Script=Han}]+$/u.test(normal)) {
    throw new SyntaxError('an invoice number has digits, Latin letters and Han characters')
  }
  if (/^(?:[0-9]{18}|[0-9]{20})$/.test(normal)) return `tax:${normal}`
  if (/^[0-9]{8}$/.test(normal)) throw new SyntaxError('an invoice number of 8 digits needs its invoice code before it')
  return `${seller}:${normal}`
}

function distinct(values: readonly string[]): boolean {
  return new Set(values).size === values.length
}
