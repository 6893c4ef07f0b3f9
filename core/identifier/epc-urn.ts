import { type Element, findAi } from './ai.ts'
import { checkDigit } from './check-digit.ts'
import { badValue } from './element-string.ts'
import { type Failure, failure } from './error.ts'

/**
 * How an EPC scheme writes a GS1 key (EPC Tag Data Standard, section 6): company prefix and reference apart, no check
 * digit, and where the key has one, its first digit (GTIN indicator, SSCC extension) in front of the reference.
 */
type Scheme = {
  readonly key: string
  /** Digits of prefix and reference together; without it the reference is text, and nothing is checked by a digit. */
  readonly digits?: number
  readonly leading?: 'indicator' | 'zero'
  /** Piece and total of an ITIP. */
  readonly pieces?: true
  /** Where the last field goes: behind the key's own digits, or to a qualifier. */
  readonly tail?: 'appended' | '10' | '21' | '235' | '254' | '8011'
}

const schemes: Readonly<Record<string, Scheme>> = {
  'id:sgtin': { key: '01', digits: 13, leading: 'indicator', tail: '21' },
  'class:lgtin': { key: '01', digits: 13, leading: 'indicator', tail: '10' },
  'id:upui': { key: '01', digits: 13, leading: 'indicator', tail: '235' },
  'id:sscc': { key: '00', digits: 17, leading: 'indicator' },
  'id:sgln': { key: '414', digits: 12, tail: '254' },
  'id:pgln': { key: '417', digits: 12 },
  'id:grai': { key: '8003', digits: 12, leading: 'zero', tail: 'appended' },
  'id:gdti': { key: '253', digits: 12, tail: 'appended' },
  'id:sgcn': { key: '255', digits: 12, tail: 'appended' },
  'id:gsrn': { key: '8018', digits: 17 },
  'id:gsrnp': { key: '8017', digits: 17 },
  'id:gsin': { key: '402', digits: 16 },
  'id:giai': { key: '8004' },
  'id:ginc': { key: '401' },
  'id:itip': { key: '8006', digits: 13, leading: 'indicator', pieces: true, tail: '21' },
  'id:cpi': { key: '8010', tail: '8011' },
}

/** An EPC URN, an EPC class, or a pattern over all serials of one key (`urn:epc:idpat:sgtin:4012345.011111.*`). */
export const parseEpcUrn = (urn: string): { ok: true; path: readonly Element[] } | Failure => {
  const [head = '', kind = '', name = '', body = ''] = /^urn:epc:(id|class|idpat):([a-z]+):(.*)$/su.exec(urn) ?? []
  if (head === '')
    return broken('NOT_AN_EPC_URN', 0, 'an EPC URN starts with urn:epc:id:, urn:epc:class: or urn:epc:idpat:')
  const pattern = kind === 'idpat'
  const scheme = schemes[`${pattern ? 'id' : kind}:${name}`]
  const at = urn.length - body.length
  if (!scheme || (pattern && scheme.tail === undefined))
    return broken('UNKNOWN_EPC_SCHEME', 8, `${kind}:${name} is no EPC scheme of a GS1 key`)
  const fields = shape(scheme, pattern).exec(body)?.groups
  const { prefix = '', reference = '', pieces = '', tail } = fields ?? {}
  if (!fields || (scheme.digits !== undefined && prefix.length + reference.length !== scheme.digits))
    return broken('MALFORMED_EPC_URN', at, `${body} does not have the fields of ${name}`)
  const parts = [reference, tail].map(text => (text === undefined ? undefined : decode(text)))
  const [plainReference, plainTail] = parts
  if (plainReference === undefined || (tail !== undefined && plainTail === undefined))
    return broken('BAD_PERCENT_ENCODING', at, `${body} is badly percent-encoded`)
  const path = compose(scheme, prefix, plainReference, pieces.replace('.', ''), pattern ? undefined : plainTail)
  for (const { ai, value } of path) {
    const bad = badValue(findAi(ai)!, value, () => at)
    if (bad) return bad
  }
  return { ok: true, path }
}

/**
 * The URN of a key and its qualifiers, where EPC has one, given how many digits its company prefix has (6 to 12): the
 * digits alone don't tell. Keys without the serial their scheme asks for become patterns.
 */
export const formatEpcUrn = (path: readonly Element[], prefixLength: number): string | undefined => {
  const [key, qualifier] = path
  if (key === undefined || path.length > 2 || prefixLength < 6 || prefixLength > 12) return undefined
  for (const [name, scheme] of Object.entries(schemes)) {
    const own = scheme.tail === 'appended' || scheme.tail === undefined ? undefined : scheme.tail
    if (scheme.key !== key.ai || (qualifier && qualifier.ai !== own)) continue
    const { prefix, reference, pieces, appended } = decompose(scheme, key.value, prefixLength)
    const extension = key.ai === '414' && !qualifier ? '0' : undefined
    const tail = scheme.tail === undefined ? undefined : (qualifier?.value ?? appended) || extension
    const fields = [
      prefix,
      encode(reference),
      ...pieces,
      ...(scheme.tail === undefined ? [] : [tail ? encode(tail) : '*']),
    ]
    const kind = scheme.tail !== undefined && tail === undefined ? name.replace('id:', 'idpat:') : name
    // A class has no pattern form: a GTIN alone is a pattern of sgtin, which comes first in the table.
    return `urn:epc:${kind}:${fields.join('.')}`
  }
  return undefined
}

const shape = ({ digits, pieces, tail }: Scheme, pattern: boolean): RegExp => {
  const reference = digits === undefined ? (tail ? '[^.]+' : '.+') : '\\d*'
  const end = tail === undefined ? '' : `\\.${pattern ? '\\*' : '(?<tail>.+)'}`
  return new RegExp(
    `^(?<prefix>\\d{6,12})\\.(?<reference>${reference})${pieces ? '\\.(?<pieces>\\d\\d\\.\\d\\d)' : ''}${end}$`,
    'su',
  )
}

const compose = (scheme: Scheme, prefix: string, reference: string, pieces: string, tail?: string): Element[] => {
  const { key, digits, leading } = scheme
  const number =
    leading === 'indicator'
      ? reference.charAt(0) + prefix + reference.slice(1)
      : (leading === 'zero' ? '0' : '') + prefix + reference
  const value = (digits === undefined ? number : number + checkDigit(number)) + pieces
  if (tail === undefined || scheme.tail === undefined) return [{ ai: key, value }]
  if (scheme.tail === 'appended') return [{ ai: key, value: value + tail }]
  // An SGLN without extension carries 0 in its place.
  if (key === '414' && tail === '0') return [{ ai: key, value }]
  return [
    { ai: key, value },
    { ai: scheme.tail, value: tail },
  ]
}

const decompose = (
  { digits, leading, pieces }: Scheme,
  value: string,
  prefixLength: number,
): { prefix: string; reference: string; pieces: string[]; appended: string | undefined } => {
  const start = leading === undefined ? 0 : 1
  const end = digits === undefined ? value.length : digits + (leading === 'zero' ? 1 : 0)
  const indicator = leading === 'indicator' ? value.charAt(0) : ''
  const rest = digits === undefined ? '' : value.slice(end + 1)
  return {
    prefix: value.slice(start, start + prefixLength),
    reference: indicator + value.slice(start + prefixLength, end),
    pieces: pieces ? [rest.slice(0, 2), rest.slice(2)] : [],
    appended: pieces || rest === '' ? undefined : rest,
  }
}

const decode = (text: string): string | undefined =>
  /^(?:[!'()*+,\-.0-9:;=A-Z_a-z]|%[2-7][0-9A-Fa-f])*$/.test(text) ? decodeURIComponent(text) : undefined

const encode = (text: string): string =>
  text.replace(/[^!'()*+,\-.0-9:;=A-Z_a-z]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

const broken = (code: string, position: number, message: string): Failure => failure('epc-urn', code, position, message)
