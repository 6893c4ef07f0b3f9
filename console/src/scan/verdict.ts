import type { z } from 'zod'
import { type CodeText, parents, parseCode } from '../../../core/identifier/code.ts'
import { identityOf } from '../../../core/identifier/identity.ts'
import { readingsOf } from '../../../core/identifier/readings.ts'
import type { codeStandings } from '../../../resolver/standing/contract.ts'

export type Standing = z.input<typeof codeStandings.reply.schema>['items'][number]

/** What a scan is held against. All of it is on the device, so that a scan is judged without a network too. */
export type Bench = {
  /** By identity: the code as the despatch advice writes it. */
  readonly expected: ReadonlyMap<CodeText, string>
  /** By identity: the number of another despatch advice that has it. */
  readonly elsewhere: ReadonlyMap<CodeText, string>
  /** By the code as scanned or expected, as far as the register was asked. */
  readonly standings: ReadonlyMap<string, Standing>
  /** Codes taken so far. */
  readonly scanned: ReadonlySet<string>
}

export type Verdict =
  /** `unregistered`: the despatch advice has it and the register has not. */
  | { readonly kind: 'taken'; readonly code: string; readonly unregistered: boolean }
  | { readonly kind: 'duplicate'; readonly code: string }
  | { readonly kind: 'elsewhere'; readonly code: string; readonly where: string }
  | { readonly kind: 'blocked'; readonly code: string; readonly standing: Standing }
  /** On no despatch advice that this device knows. */
  | { readonly kind: 'unknown'; readonly code: string; readonly unregistered: boolean }
  /** The scanner swallowed separators, and nothing tells which of these it was. */
  | { readonly kind: 'unclear'; readonly choices: readonly string[] }
  | { readonly kind: 'unreadable'; readonly text: string }

/** What one scan comes to. Nothing is taken but what the verdict `taken` names. */
export const judge = (text: string, bench: Bench): Verdict => {
  const readings = readingsOf(fullWidthToAscii(text)).map(({ code }) => code)
  const [only] = readings
  if (only === undefined) return { kind: 'unreadable', text: text.trim() }
  // A label says more than the advice: a serial of an expected lot is that lot.
  const chains = readings.map(code => [code, ...parents(code)].map(identityOf))
  const expected = chains.flatMap(chain => chain.flatMap(it => bench.expected.get(it) ?? [])[0] ?? [])[0]
  if (expected !== undefined) return judgeExpected(expected, bench)
  const elsewhere = chains.find(chain => chain.some(it => bench.elsewhere.has(it)))
  if (elsewhere !== undefined) {
    const where = elsewhere.flatMap(it => bench.elsewhere.get(it) ?? [])[0] ?? ''
    const code = spelt(readings, elsewhere[0]) ?? only.text
    return blockedOr(code, bench) ?? duplicateOr(code, bench) ?? { kind: 'elsewhere', code, where }
  }
  if (readings.length > 1) return { kind: 'unclear', choices: readings.map(it => it.text) }
  return judgeStranger(only.text, bench)
}

const judgeExpected = (code: string, bench: Bench): Verdict =>
  blockedOr(code, bench) ??
  (bench.scanned.has(code)
    ? { kind: 'duplicate', code }
    : { kind: 'taken', code, unregistered: bench.standings.get(code)?.standing === 'unregistered' })

const judgeStranger = (code: string, bench: Bench): Verdict =>
  blockedOr(code, bench) ??
  duplicateOr(code, bench) ?? {
    ...{ kind: 'unknown', code, unregistered: bench.standings.get(code)?.standing === 'unregistered' },
  }

/** What is on no list of this shipment was taken as its label writes it, and another label may write it otherwise. */
const duplicateOr = (code: string, { scanned }: Bench): Verdict | undefined => {
  const identity = identityText(code)
  const before = [...scanned].find(it => it === code || identityText(it) === identity)
  return before === undefined ? undefined : { kind: 'duplicate', code: before }
}

const blockedOr = (code: string, { standings }: Bench): Verdict | undefined => {
  const standing = standings.get(code)
  return standing?.standing === 'withdrawn' || standing?.standing === 'superseded'
    ? { kind: 'blocked', code, standing }
    : undefined
}

const spelt = (readings: readonly { readonly text: string }[], identity: CodeText | undefined): string | undefined =>
  readings.find(it => identity !== undefined && identityText(it.text) === identity)?.text

/** Of a code in canonical spelling; undefined for what is none. */
export const identityText = (text: string): CodeText | undefined => {
  const parsed = parseCode(text)
  return parsed.ok ? identityOf(parsed.code) : undefined
}

/** What an input method makes of brackets and digits that somebody types. */
export const fullWidthToAscii = (text: string): string =>
  text.replace(/[\uff01-\uff5e]/g, it => String.fromCharCode(it.charCodeAt(0) - 0xfee0)).replaceAll('\u3000', ' ')
