import { sha256 } from '#sha256'
import { readAct } from '../../../core/act.ts'
import { type Bundle, parseBundle } from '../../../core/bundle.ts'
import { hex } from '../../../core/bytes.ts'
import { type Consent, consentSchema } from '../../../core/financing.ts'
import { parseCompact } from '../../../core/jws.ts'
import { formatDecimal, isPositive, less, parseDecimal } from '../../../core/quantity.ts'
import { reportSchema } from '../../../core/report/report.ts'
import { joinSdJwt, parseSdJwt } from '../../../core/sd-jwt.ts'
import { instantOf, newNonce } from '../session/signing.ts'

export type ReadConsent = { readonly act: Consent; readonly hash: string }

/** The seller's consent as in its file; undefined for anything else. Its signature is the node's to check. */
export const readConsent = (text: string, application: string): ReadConsent | undefined => {
  const jws = parseCompact(text)
  if (!jws.ok) return undefined
  try {
    const act = readAct(consentSchema, jws.payload)
    return act.application === application ? { act, hash: hex(sha256(jws.payload)) } : undefined
  } catch {
    return undefined
  }
}

type Marking = {
  readonly consent: ReadConsent
  readonly bundle: string
  readonly report: unknown
  readonly approved: string | undefined
  readonly zhongdeng?: string
}

/** The mark on what the report found to be financeable; undefined where the evidence doesn't show the goods. */
export const markOf = ({ consent: { act, hash }, bundle: file, report, approved, zhongdeng }: Marking) => {
  const bundle = parseBundle(file)
  const found = reportSchema.parse(report).receivables.find(it => it.commitment === act.commitment)
  const invoice = invoiceIn(bundle, act.invoice)
  if (found === undefined || invoice === undefined) return undefined
  const { number, issueDate, gross, currency } = invoice
  const accepted = acceptedSerials(bundle)
  const lines = found.match.filter(({ quantity }) => isPositive(parseDecimal(quantity)))
  const serials = lines.flatMap(({ line, quantity }) => {
    const own = invoice.lines.filter(it => it.orderLine === line).flatMap(it => it.serials ?? [])
    return own.length === 0 ? [] : own.filter(it => accepted.has(it)).slice(0, Number(quantity))
  })
  const amount = [gross, act.amount, ...(approved === undefined ? [] : [approved])].map(BigInt).sort(ascending)[0]
  return {
    id: crypto.randomUUID(),
    act: 'finance',
    application: act.application,
    bank: act.bank,
    seller: act.seller,
    invoice: { code: act.invoice, commitment: act.commitment, number, issueDate, gross, currency },
    goods: {
      serials,
      lines: lines.map(({ order, line, quantity, accepted, returned }) => ({
        order,
        line,
        quantity,
        accepted: formatDecimal(less(parseDecimal(accepted), parseDecimal(returned))),
        units: [],
      })),
    },
    amount: String(amount),
    mode: act.mode,
    recourse: act.recourse,
    ...(zhongdeng === undefined ? {} : { zhongdeng }),
    consent: hash,
    nonce: newNonce(),
    iat: instantOf(),
  }
}

const ascending = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)

type Shown = {
  readonly number: string
  readonly issueDate: string
  readonly gross: string
  readonly currency: string
  readonly lines: readonly { readonly orderLine: string; readonly serials?: readonly string[] }[]
}

/** The invoice as far as the authorization disclosed it; all that a mark says must be among that. */
const invoiceIn = ({ records }: Bundle, code: string): Shown | undefined => {
  for (const { type, body, disclosures = [] } of records) {
    if (type !== 'document') continue
    const document = parseSdJwt(joinSdJwt(body, disclosures))
    if (!document.ok || document.claims.code !== code) continue
    const { number, issueDate, gross, currency, lines } = document.claims
    const complete = [number, issueDate, gross, currency].every(it => typeof it === 'string') && Array.isArray(lines)
    return complete ? (document.claims as Shown) : undefined
  }
  return undefined
}

/** Instances that somebody scanned as accepted: where some are missing, those are not the ones to finance. */
const acceptedSerials = ({ records }: Bundle): ReadonlySet<string> =>
  new Set(
    records.flatMap(({ type, body }) => {
      if (type !== 'event') return []
      const { bizStep, epcList } = JSON.parse(body) as { bizStep?: unknown; epcList?: unknown }
      return bizStep === 'accepting' && Array.isArray(epcList) ? epcList.map(String) : []
    }),
  )
