import { equal, fromBase64, fromBase64url, fromUtf8 } from '../../core/bytes.ts'
import { parseJson, parseJsonBytes } from '../../core/strict-json.ts'
import { typ } from '../../core/typ.ts'

/** What is about to be signed, in the signer's own words: nothing of it comes from whoever asks but the very bytes. */
export type Shown = {
  /** Kind of the act, as both languages call it. */
  readonly title: string
  /** Every member of the payload with its path, in order. */
  readonly lines: readonly string[]
  /** Set for a sign-in: the address of the node. */
  readonly signIn?: string
}

/** Why nothing is signed. */
export class NotSigned extends Error {}

/**
 * Reads a JWS signing input (RFC 7515 §5.1) and says what it is. Throws {@link NotSigned} for what it can't show whole: another
 * certificate, an act that organizations don't sign, a payload that is no strict JSON.
 * @param own DER of the certificate in whose name this signs
 */
export const show = (input: string, own: Uint8Array): Shown => {
  const [protectedText = '', payloadText = '', ...more] = input.split('.')
  if (payloadText === '' || more.length > 0) throw new NotSigned('this is no JWS signing input')
  const header = attempt(() => parseJsonBytes(fromBase64url(protectedText)))
  const payload = attempt(() => parseJson(fromUtf8(fromBase64url(payloadText))))
  if (!isObject(header) || !isObject(payload)) throw new NotSigned('header and payload must be JSON objects')
  const [leaf] = Array.isArray(header.x5c) ? header.x5c : []
  if (
    typeof leaf !== 'string' ||
    !equal(
      attempt(() => fromBase64(leaf)),
      own,
    )
  ) {
    throw new NotSigned('this would be signed under another certificate')
  }
  for (const name of Object.keys(header)) {
    if (!known.has(name)) throw new NotSigned(`the header has a member ${visible(name)} that can not be shown`)
  }
  const { seq, prev } = header
  const place = [
    ...(seq === undefined ? [] : [`seq: ${seq}`]),
    ...(prev === undefined ? [] : [`prev: ${visible(prev)}`]),
  ]
  const lines = [...place, ...linesOf(payload, '')]
  if (header.typ === 'JWT') {
    if (typeof payload.aud !== 'string') throw new NotSigned('a sign-in names the node that it is for')
    return { title: '登录 · sign in', lines, signIn: payload.aud }
  }
  const title = typeof header.typ === 'string' ? titles.get(header.typ) : undefined
  if (title === undefined) throw new NotSigned(`organizations sign nothing of the kind ${visible(header.typ)}`)
  return { title, lines }
}

const known: ReadonlySet<string> = new Set(['alg', 'typ', 'x5c', 'x5t#S256', 'seq', 'prev'])

/** Acts of organizations; what devices, nodes and clerks sign is not theirs. */
const titles: ReadonlyMap<string, string> = new Map([
  [typ.document, '单据 · document'],
  [typ.authorization, '数据授权协议 · data authorization'],
  [typ.authorizationRevocation, '撤销数据授权 · revocation of a data authorization'],
  [typ.question, '请求确认应收账款 · question about an invoice'],
  [typ.confirmation, '答复应收账款 · answer about an invoice'],
  [typ.application, '融资申请 · application for finance'],
  [typ.decision, '融资决定 · decision on an application'],
  [typ.financingConsent, '同意融资登记 · consent to a financing mark'],
  [typ.financingMark, '融资占用登记 · financing mark'],
  [typ.financingRelease, '解除融资占用 · release of a financing mark'],
  [typ.mandate, '经办人授权书 · mandate of a clerk'],
  [typ.mandateRevocation, '撤销经办人授权 · end of a mandate'],
  [typ.keyEndorsement, '认可密钥 · endorsement of a key'],
  [typ.statusHead, '声明编号至此为止 · status head: there is no later statement'],
  [typ.pushDestination, '推送地址 · address for pushes'],
  [typ.tombstone, '销毁记录 · erasure of a record'],
  [typ.policy, '银行策略 · policy of a bank'],
])

const linesOf = (value: unknown, path: string): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap((it, i) => linesOf(it, `${path}[${i + 1}]`))
  if (isObject(value)) {
    return Object.entries(value).flatMap(([name, it]) =>
      linesOf(it, path === '' ? visible(name) : `${path}.${visible(name)}`),
    )
  }
  return [`${path}: ${visible(value)}`]
}

/** On one line, and nothing in it that a terminal would obey or that turns text around. */
const visible = (value: unknown): string =>
  String(value).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, it => `\\u{${it.codePointAt(0)?.toString(16)}}`)

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const attempt = <Result>(work: () => Result): Result => {
  try {
    return work()
  } catch (cause) {
    throw new NotSigned(cause instanceof Error ? cause.message : 'unreadable', { cause })
  }
}
