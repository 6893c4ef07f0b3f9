import { readFile } from 'node:fs/promises'
import { bundleIn, isZip } from '../core/dossier.ts'
import { gmSelfTest } from '../core/gm/self-test.ts'
import { parseTrust, type Trust } from '../core/trust.ts'
import type { AskChain } from '../core/verify/anchor-rpc.ts'
import { type Verification, verifyBundle } from '../core/verify/bundle.ts'
import { detailIn } from '../core/verify/details.ts'
import type { Verdict } from '../core/verify/step.ts'
import { conclusion, type Language, outcomeWords, stepWords } from '../core/verify/words.ts'

export type VerifyArguments = {
  readonly bundle: string
  readonly trust?: string | undefined
  /** JSON-RPC address of a chain node that the auditor chose. */
  readonly rpc?: string | undefined
  /** Hashes of blocks that the auditor trusts to be in their chain. */
  readonly blockHash?: readonly string[] | undefined
  /** RFC 3339 instant of verifying, instead of now. */
  readonly at?: string | undefined
  readonly json?: boolean | undefined
}

/** Exit codes of the command line: 0 done and true, 1 checked and false, 2 could not run, 3 undecided. */
const exitCodes = { verified: 0, false: 1, undecided: 3 } as const satisfies Record<Verdict, number>
const COULD_NOT_RUN = 2

export type Output = { readonly out: (line: string) => void; readonly error: (line: string) => void }

/** `tallystick verify BUNDLE --trust FILE [--rpc URL] [--block-hash HASH…] [--at TIME] [--json]`. Resolves to the exit code, never rejects. */
export const verify = async (
  { bundle, trust, rpc, blockHash = [], at, json = false }: VerifyArguments,
  { out, error }: Output,
  language: Language,
): Promise<number> => {
  try {
    gmSelfTest()
    const options = {
      trust: trust === undefined ? undefined : await readTrust(trust),
      at: at === undefined ? undefined : instantOf(at),
      rpc: rpc === undefined ? undefined : askOver(rpc),
      blocks: new Set(blockHash.map(hashOf)),
    }
    const verification = await verifyBundle(await readEvidence(bundle), options)
    const { verdict, steps, witnessed } = verification
    const told = conclusion(verdict, steps, trust !== undefined, 'en')
    if (json) out(JSON.stringify({ verdict, conclusion: told, steps, witnessed }))
    else print(verification, trust !== undefined, out, language)
    return exitCodes[verdict]
  } catch (reason) {
    error(reason instanceof Error ? reason.message : String(reason))
    return COULD_NOT_RUN
  }
}

const print = ({ verdict, steps }: Verification, trusted: boolean, out: Output['out'], language: Language): void => {
  for (const { step, subject, outcome, detail } of steps) {
    const [about, said] = [detailIn(language, subject), detailIn(language, detail)]
    out(`[${outcomeWords[outcome][language]}] ${stepWords[step][language]} · ${about} · ${said}`)
  }
  out('')
  out(conclusion(verdict, steps, trusted, language))
}

/** A bundle, or the dossier that has one in it. */
const readEvidence = async (path: string): Promise<string> => {
  const bytes = await readBytes(path)
  if (!isZip(bytes)) return bytes.toString('utf8')
  try {
    return bundleIn(bytes)
  } catch (cause) {
    throw new Error(`${path}: ${cause instanceof Error ? cause.message : 'unreadable'}`, { cause })
  }
}

/** Bytes that are no UTF-8 become characters that no bundle has: the format step then says no. */
const readText = async (path: string): Promise<string> => (await readBytes(path)).toString('utf8')

const readBytes = async (path: string): Promise<Buffer> => {
  try {
    return await readFile(path)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : ''
    throw new Error(`${path}: can not be read${code}`, { cause })
  }
}

const readTrust = async (path: string): Promise<Trust> => {
  const text = await readText(path)
  try {
    return parseTrust(text)
  } catch (cause) {
    throw new Error(`${path}: ${cause instanceof Error ? cause.message : 'unreadable'}`, { cause })
  }
}

const hashOf = (text: string): string => {
  if (/^0x[0-9a-fA-F]{64}$/.test(text)) return text.toLowerCase()
  throw new Error(`--block-hash: takes 0x and 64 hex digits, not ${text}`)
}

const instantOf = (text: string): Date => {
  const at = new Date(text)
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) || Number.isNaN(at.getTime())) {
    throw new Error(`--at: takes an instant like 2026-03-01T08:00:00Z, not ${text}`)
  }
  return at
}

const askOver = (address: string): AskChain => {
  if (!URL.canParse(address) || !/^https?:/.test(address)) throw new Error('--rpc: takes an http or https address')
  return async (method, params) => {
    const response = await fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      signal: AbortSignal.timeout(20_000),
    })
    const answer: unknown = await response.json()
    if (typeof answer !== 'object' || answer === null || !('result' in answer)) {
      throw new Error(`${method} was not answered`)
    }
    return answer.result
  }
}
