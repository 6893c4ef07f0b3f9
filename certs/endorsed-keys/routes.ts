import { sha256 } from '#sha256'
import { base64url, utf8 } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import { type Route, route } from '../../core/contract.ts'
import { type Endorsement, parseEndorsement } from '../../core/endorsement.ts'
import { Refusal } from '../../core/errors.ts'
import { parseCode } from '../../core/identifier/code.ts'
import type { SignerOf } from '../../core/signer.ts'
import { typ } from '../../core/typ.ts'
import { parseUscc } from '../../core/uscc.ts'
import { asOrganization, type Db, type Tx } from '../../db/database.ts'
import type { Append } from '../log.ts'
import { enrolKey, listKeys, revokeKey } from './contract.ts'
import { type EndorsedKey, endorsementsOf, insertKey, isIdTaken, listKeys as readKeys, setKeyRevoked } from './store.ts'

export type KeyDeps = {
  readonly db: Db
  readonly append: Append
  readonly signerOf: SignerOf
  readonly now: () => Date
}

/** Keys that act for an organization, because its certificate says so. */
export const keyRoutes = ({ db, append, signerOf, now }: KeyDeps): Route[] => {
  const ownKey = (thumbprint: string, uscc: string): Promise<EndorsedKey | undefined> =>
    asOrganization(db, uscc, async tx => (await endorsementsOf(tx, [thumbprint])).find(key => key.uscc === uscc))

  return [
    route(enrolKey, async ({ body: text, caller }) => {
      const signer = await signerOf(text, typ.keyEndorsement)
      const endorsement = read(signer.payload)
      if (endorsement.uscc !== signer.uscc)
        throw new Refusal('SIGNER_MISMATCH', 'An organization endorses its own keys')
      if (caller.uscc !== signer.uscc) throw new Refusal('NOT_YOURS', 'Submit what your own organization signed')
      if (Date.parse(endorsement.notAfter) <= now().getTime()) {
        throw new Refusal('INVALID_REQUEST', 'notAfter: the endorsement is over already')
      }
      const { receipt } = await append({
        type: 'endorsement',
        org: signer.uscc,
        parties: [signer.uscc],
        body: utf8(text),
        // The payload, not the text: one act has many valid signatures.
        clientKey: base64url(sha256(signer.payload)),
        effect: async (tx, { index, loggedAt }) => {
          await refuseTaken(tx, endorsement)
          const certificate = signer.thumbprint
          await insertKey(tx, { endorsement, text, certificate, logIndex: index, at: loggedAt })
        },
      }).catch(error => {
        if (error instanceof Refusal && error.code === 'IDEMPOTENCY_CONFLICT') throw new Refusal('KEY_EXISTS')
        throw error
      })
      return { body: { key: show(await must(ownKey(endorsement.thumbprint, signer.uscc))), receipt } }
    }),

    route(listKeys, async ({ query: { after, limit }, caller }) => {
      const rows = await asOrganization(db, caller.uscc, tx => readKeys(tx, caller.uscc, after ?? -1n, limit + 1))
      const items = rows.slice(0, limit)
      return { body: { items: items.map(show), next: rows.length > limit ? String(items.at(-1)?.logIndex) : null } }
    }),

    route(revokeKey, async ({ params: { thumbprint }, caller }) => {
      const uscc = parseUscc(caller.uscc)
      const key = await ownKey(thumbprint, uscc)
      if (key === undefined) throw new Refusal('KEY_UNKNOWN', 'Your organization has endorsed no such key')
      const { receipt } = await append({
        type: 'endorsement',
        org: uscc,
        parties: [uscc],
        // Made by the node on a signed-in caller's word: a key that was lost must be stopped without waiting for a card.
        body: canonical({ act: 'revoke', endorsement: key.id, thumbprint, uscc, via: caller.via }),
        clientKey: `revoke ${key.id}`,
        effect: (tx, { loggedAt }) => setKeyRevoked(tx, key.id, loggedAt),
      })
      return { body: { key: show(await must(ownKey(thumbprint, uscc))), receipt } }
    }),
  ]
}

const read = (payload: Uint8Array): Endorsement => {
  try {
    const endorsement = parseEndorsement(payload)
    const location = endorsement.location === undefined ? undefined : parseCode(endorsement.location)
    if (location?.ok === false) throw new SyntaxError('location: not a valid code')
    return endorsement
  } catch (error) {
    if (error instanceof SyntaxError) throw new Refusal('INVALID_REQUEST', error.message)
    throw error
  }
}

/** Renewing is welcome; giving a key a second owner, another job, or its revoked life back is not. */
const refuseTaken = async (tx: Tx, { id, thumbprint, uscc, kind }: Endorsement): Promise<void> => {
  if (await isIdTaken(tx, id)) throw new Refusal('KEY_EXISTS', 'An endorsement with this id is enrolled already')
  for (const key of await endorsementsOf(tx, [thumbprint])) {
    if (key.uscc !== uscc && !(kind === 'node' && key.kind === 'node')) {
      throw new Refusal('KEY_EXISTS', 'This key is enrolled for another organization: make a new one')
    }
    if (key.uscc !== uscc) continue
    if (key.revokedAt !== null) throw new Refusal('KEY_EXISTS', 'This key has been revoked for good: make a new one')
    if (key.kind !== kind) throw new Refusal('KEY_EXISTS', `This key is enrolled as ${key.kind}: make a new one`)
  }
}

const must = async (reading: Promise<EndorsedKey | undefined>): Promise<EndorsedKey> => {
  const key = await reading
  if (key === undefined) throw new Error('A key that was just enrolled is missing')
  return key
}

const show = ({ jwk: _, certificate: __, steps, logIndex, ...key }: EndorsedKey) => ({
  ...key,
  steps: steps === null ? null : [...steps],
  notBefore: key.notBefore.toISOString(),
  notAfter: key.notAfter.toISOString(),
  endorsedAt: key.endorsedAt.toISOString(),
  revokedAt: key.revokedAt?.toISOString() ?? null,
  logIndex: String(logIndex),
})
