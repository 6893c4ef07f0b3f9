import { randomBytes } from 'node:crypto'
import { base64url, fromBase64url } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import { Refusal } from '../../core/errors.ts'
import { type HandleValue, valueDigest } from '../../core/handle-value.ts'
import { type Code, type CodeText, labelOf, parseCode } from '../../core/identifier/code.ts'
import { identityOf } from '../../core/identifier/identity.ts'
import { signCompact } from '../../core/jws.ts'
import { typ } from '../../core/typ.ts'
import type { Uscc } from '../../core/uscc.ts'
import { asNode, asOrganization, type Tx } from '../../db/database.ts'
import type { ResolverDeps } from '../deps.ts'
import { codeInvalid } from '../invalid.ts'
import { codesNamed, type Known } from '../store.ts'
import type { NewValue } from './contract.ts'
import { digestsOf, type NewRow, readSet, replaceValues, templatesOf, type ValueRow, visibleValues } from './store.ts'
import { holdTo } from './template.ts'

type Template = { readonly name: string; readonly version: number }

/**
 * Keeps what an organization says about its code. The log gets the digest of each value and none of them.
 * Refusals CODE_INVALID, NOT_FOUND, NOT_YOURS, TEMPLATE_UNKNOWN, VALUES_INVALID, VALUE_TAKEN, LOG_BUSY.
 */
export async function setAll(
  { append }: Pick<ResolverDeps, 'append'>,
  org: Uscc,
  text: string,
  template: Template | undefined,
  values: readonly NewValue[],
) {
  const rows = values.map(rowOf)
  const digests = rows.map(({ index, type, digest }) => ({ index, type, digest: base64url(digest) }))
  let kept: CodeText | undefined
  const { index } = await append({
    type: 'identifier',
    org,
    parties: [org],
    body: canonical({ act: 'values', org, code: parsed(text).text, template: template ?? null, digests }),
    async effect(tx, entry) {
      const { code } = await ownCode(tx, org, text)
      const unique = template === undefined ? new Set<string>() : await hold(tx, org, template, values)
      const unique_in = (type: string) => (template && unique.has(type) ? `${template.name} ${type}` : null)
      const set = { code, org, record: entry.index, template: template?.name ?? null }
      await replaceValues(
        tx,
        { ...set, template_version: template?.version ?? null },
        rows.map(row => ({ ...row, unique_in: row.value === null ? null : unique_in(row.type) })),
        entry.loggedAt,
      ).catch(takenOr)
      kept = code
    },
  })
  if (kept === undefined) throw new Error('values without a key are never a repetition')
  return { code: kept, record: index, salts: Object.fromEntries(rows.map(it => [it.index, base64url(it.salt)])) }
}

type Reading = Pick<ResolverDeps, 'db' | 'log' | 'nodeKey' | 'now'>

/** What this reader may see, and the node's signature over the digests of all. Refusals CODE_INVALID, NOT_FOUND. */
export async function readAll(deps: Reading, reader: string | undefined, text: string) {
  const code = parsed(text)
  const known = await asNode(deps.db, async tx => {
    const [row] = await codesNamed(tx, [identityOf(code)])
    const set = row && (await readSet(tx, row.code))
    return set && { set, all: await digestsOf(tx, set.code) }
  })
  if (known === undefined) throw new Refusal('NOT_FOUND', `Nothing is said here about ${labelOf(code)}`)
  const visible = await asOrganization(deps.db, reader ?? '', tx => visibleValues(tx, known.set.code))
  return { ...known, visible, signature: await signDigests(deps, known.set.code, known.all) }
}

/** The same, and undefined where nothing is said. */
export const saidAbout = (deps: Reading, reader: string | undefined, code: Code) =>
  readAll(deps, reader, code.text).catch(error => {
    if (error instanceof Refusal && error.code === 'NOT_FOUND') return undefined
    throw error
  })

/**
 * As the Handle System's HS_SIGNATURE: a JWS over the digest of every value of the handle, so that each can be shown
 * without the others. typ `tallystick.handle-signature+jws`, by the node key.
 */
const signDigests = (
  { log, nodeKey, now }: Pick<ResolverDeps, 'log' | 'nodeKey' | 'now'>,
  code: string,
  digests: readonly { readonly index: number; readonly digest: Uint8Array }[],
): Promise<string> => {
  const payload = {
    iss: log.origin,
    sub: code,
    iat: Math.floor(now().getTime() / 1000),
    digests: {
      alg: 'SHA-256',
      digests: digests.map(({ index, digest }) => ({ index, digest: base64url(digest) })),
    },
  }
  return signCompact({ typ: typ.handleSignature, payload: canonical(payload), key: nodeKey.key, kid: nodeKey.kid })
}

/** The form in which a value is hashed and shown; the commitment stands for one that is kept elsewhere. */
export const handleValueOf = ({ index, type, value, commitment }: Omit<ValueRow, 'digest'>): HandleValue => ({
  index,
  type,
  data: { format: 'string', value: value ?? base64url(commitment ?? new Uint8Array()) },
})

const rowOf = ({ index, type, visibility, ttl, content }: NewValue): Omit<NewRow, 'unique_in'> => {
  const kept =
    'value' in content
      ? { value: content.value, commitment: null, holder: null }
      : { value: null, commitment: fromBase64url(content.commitment), holder: content.holder }
  const row = { index, type, visibility, ttl, ...kept, salt: new Uint8Array(randomBytes(32)) }
  return { ...row, digest: valueDigest(row.salt, handleValueOf(row)) }
}

const hold = async (tx: Tx, org: string, { name, version }: Template, values: readonly NewValue[]) => {
  const template = (await templatesOf(tx, org)).find(it => it.name === name && it.version === version)
  if (template?.state !== 'published') throw new Refusal('TEMPLATE_UNKNOWN')
  holdTo(
    template.fields,
    values.map(({ type, content }) => ({ type, value: 'value' in content ? content.value : undefined })),
  )
  return new Set(template.fields.filter(field => field.unique).map(field => field.name))
}

/** Refusals CODE_INVALID, NOT_FOUND, NOT_YOURS. */
export const ownCode = async (tx: Tx, org: string, text: string): Promise<Known> => {
  const code = parsed(text)
  const [row] = await codesNamed(tx, [identityOf(code)])
  if (row === undefined) throw new Refusal('NOT_FOUND', `${labelOf(code)} is not registered here`)
  if (row.org !== org) throw new Refusal('NOT_YOURS')
  return row
}

/** Refusal CODE_INVALID. */
export const parsed = (text: string): Code => {
  const it = parseCode(text)
  if (!it.ok) throw codeInvalid(it.error)
  return it.code
}

const takenOr = (error: unknown): never => {
  if ((error as { constraint?: string }).constraint === 'code_values_unique') throw new Refusal('VALUE_TAKEN')
  throw error
}
