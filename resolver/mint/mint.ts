import { sha256 } from '#sha256'
import { equal } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import { Refusal } from '../../core/errors.ts'
import type { Code } from '../../core/identifier/code.ts'
import { identityOf } from '../../core/identifier/identity.ts'
import type { Uscc } from '../../core/uscc.ts'
import { asNode, type Tx } from '../../db/database.ts'
import type { Result } from '../contract.ts'
import type { ResolverDeps } from '../deps.ts'
import { prefixesOf } from '../identity.ts'
import type { Link } from '../link.ts'
import { register } from '../register.ts'
import { codesNamed, prefixesNamed } from '../store.ts'
import { codeOf, type Mintable, seriesOf } from './kinds.ts'
import { insertReservation, readReservation, takeReferences } from './store.ts'

export type MintRequest = {
  readonly prefix: string
  readonly of: Mintable
  readonly count: number
  readonly state: 'registered' | 'active'
  readonly description?: string | undefined
  readonly links: readonly Link[]
}

/**
 * Codes that nobody had before, registered. They are set aside first and registered then, so that a crash between the two
 * loses references and never gives one twice; with a key, the same request gets the same codes.
 * Refusals PREFIX_FORBIDDEN, PREFIX_EXHAUSTED, CODE_INVALID, IDEMPOTENCY_CONFLICT, LOG_BUSY.
 */
export async function mint(
  deps: Pick<ResolverDeps, 'db' | 'append' | 'holdersOf'>,
  org: Uscc,
  request: MintRequest,
  key: string | undefined,
): Promise<readonly Result[]> {
  const { description, links, state } = request
  const codes = await asNode(deps.db, tx => reserve(tx, org, request, key))
  const wanted = codes.map(code => ({ code, description, links, state }))
  return register(deps, org, wanted, key === undefined ? undefined : `mint ${key}`)
}

const reserve = async (
  tx: Tx,
  org: Uscc,
  request: MintRequest,
  key: string | undefined,
): Promise<readonly string[]> => {
  const [prefix] = await prefixesNamed(tx, [request.prefix])
  if (prefix?.org !== org) throw new Refusal('PREFIX_FORBIDDEN')
  if (key === undefined) return draw(tx, request)
  const content = sha256(canonical(request))
  const before = await readReservation(tx, org, key)
  const codes = before?.codes ?? (await draw(tx, request))
  if (!before && (await insertReservation(tx, org, key, { content, codes }))) return codes
  const kept = before ?? (await readReservation(tx, org, key))
  if (!kept || !equal(kept.content, content)) throw new Refusal('IDEMPOTENCY_CONFLICT')
  return kept.codes
}

/** References of codes that their owner chose by hand are passed over. */
const draw = async (tx: Tx, { prefix, of, count }: MintRequest): Promise<readonly string[]> => {
  const free: string[] = []
  while (free.length < count) {
    const missing = count - free.length
    const first = await takeReferences(tx, prefix, seriesOf(of), missing)
    const drawn = Array.from({ length: missing }, (_, i) => codeOf(prefix, of, first + BigInt(i)))
    mustBeBelow(prefix, drawn)
    const taken = new Set((await codesNamed(tx, drawn.map(identityOf))).map(row => row.identity))
    free.push(...drawn.filter(code => !taken.has(identityOf(code))).map(code => code.text))
  }
  return free
}

/** A serial is minted below the prefix of its item, and below no other. */
const mustBeBelow = (prefix: string, [code]: readonly Code[]) => {
  if (code && !prefixesOf(code).includes(prefix)) {
    throw new Refusal('PREFIX_FORBIDDEN', `${code.text} is not below ${prefix}`)
  }
}
