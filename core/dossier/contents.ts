import { readAct } from '../act.ts'
import { agreementText } from '../authorization/agreement.ts'
import { type Authorization, parseAuthorization } from '../authorization.ts'
import { type Bundle, parseBundle } from '../bundle.ts'
import { fromBase64url, hex, utf8 } from '../bytes.ts'
import { commitment } from '../entry.ts'
import { type Jws, parseCompact } from '../jws.ts'
import { parseGeneral } from '../jws-general.ts'
import { type Report, reportSchema } from '../report/report.ts'
import { readRecord } from '../verify/open.ts'

/** What of a bundle people read, unchecked: whether any of it is true the verifier says. */
export type Contents = {
  readonly bundle: Bundle
  readonly records: readonly { readonly record: Bundle['records'][number]; readonly digest: string }[]
  readonly report: Report | undefined
  readonly agreement: string | undefined
  /** DER, each once, in the order in which they appear. */
  readonly certificates: readonly Uint8Array[]
}

/** Throws SyntaxError where the file is no bundle; a part that can't be read is left out, since the bundle tells more. */
export const contentsOf = (file: string): Contents => {
  const bundle = parseBundle(file)
  const jws = [...bundle.records.flatMap(signaturesOf), ...compacts(bundle)]
  return {
    bundle,
    records: bundle.records.map(record => ({
      record,
      digest: hex(commitment(record.type, fromBase64url(record.salt), utf8(record.body))),
    })),
    report: perhaps(() => reportOf(bundle.report)),
    agreement: perhaps(() => agreementOf(bundle)),
    certificates: [...new Map(jws.flatMap(it => it.header.x5c ?? []).map(der => [hex(der), der])).values()],
  }
}

const perhaps = <Found>(read: () => Found | undefined): Found | undefined => {
  try {
    return read()
  } catch {
    return undefined
  }
}

const signaturesOf = (record: Bundle['records'][number]): readonly Jws[] =>
  perhaps(() => readRecord(record).demands.map(({ jws }) => jws)) ?? []

const compacts = ({ report, policy, heads, registry }: Bundle): readonly Jws[] =>
  [report, policy, registry, ...heads].flatMap(text => {
    const jws = text === undefined ? undefined : parseCompact(text)
    return jws?.ok ? [jws] : []
  })

const reportOf = (compact: string | undefined): Report | undefined => {
  const jws = compact === undefined ? undefined : parseCompact(compact)
  return jws?.ok ? readAct(reportSchema, jws.payload) : undefined
}

/** In the language in which it was signed. */
const agreementOf = ({ records, authorization }: Bundle): string | undefined => {
  const agreed = records.find(
    it =>
      it.type === 'authorization' && hex(commitment(it.type, fromBase64url(it.salt), utf8(it.body))) === authorization,
  )
  const general = agreed && parseGeneral(agreed.body)
  if (!general?.ok) return undefined
  const terms: Authorization = parseAuthorization(general.payload)
  return agreementText(terms)
}
