import { canonical } from '../../core/canonical.ts'
import { type Route, route } from '../../core/contract.ts'
import { Refusal } from '../../core/errors.ts'
import type { SignerOf } from '../../core/signer.ts'
import { parseUscc } from '../../core/uscc.ts'
import { asOrganization, type Db } from '../../db/database.ts'
import type { Append } from '../log.ts'
import { enrolKey, listKeys, revokeKey } from './contract.ts'
import { enrolEndorsed } from './enrol.ts'
import { type EndorsedKey, endorsementsOf, listKeys as readKeys, setKeyRevoked } from './store.ts'

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
      const { thumbprint, uscc, receipt } = await enrolEndorsed({ append, signerOf, now }, text, caller.uscc)
      return { body: { key: show(await must(ownKey(thumbprint, uscc))), receipt } }
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
