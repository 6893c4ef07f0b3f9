import { sha256 } from '#sha256'
import { base64url, utf8 } from '../../core/bytes.ts'
import { Refusal } from '../../core/errors.ts'
import { type Jws, parseCompact } from '../../core/jws.ts'
import type { Clerk } from '../../core/jws-chain.ts'
import { parseMandate } from '../../core/mandate.ts'
import { parseUscc } from '../../core/uscc.ts'
import { asNode, type Db } from '../../db/database.ts'
import type { Append } from '../log.ts'
import { insertMandate, type MandateRow, payloadHash, readMandate } from './store.ts'

export type MandateDeps = { readonly db: Db; readonly append: Append }

/**
 * Whether clerks whose signatures were judged may act at this node: a mandate that was taken back before `at` is none. One
 * that has not been seen here is logged before the first act under it, so that its organization sees it used, wherever it
 * was handed in. Refusals: MANDATE_REVOKED, MANDATE_INVALID.
 */
export const createAdmit =
  (deps: MandateDeps) =>
  async (clerks: readonly Clerk[], at: Date): Promise<void> => {
    for (const { jws } of clerks) {
      const { revokedAt } = await keepMandate(deps, jws)
      if (revokedAt !== null && revokedAt <= at) throw new Refusal('MANDATE_REVOKED')
    }
  }
export type Admit = ReturnType<typeof createAdmit>

/** Logs a mandate whose signature was judged, unless it has been. Refusal MANDATE_INVALID when its id names another one. */
export const keepMandate = async ({ db, append }: MandateDeps, jws: Jws): Promise<MandateRow> => {
  const mandate = parseMandate(jws.payload)
  const held = await asNode(db, tx => readMandate(tx, mandate.id))
  if (held === undefined) {
    const org = parseUscc(mandate.organization)
    await append({
      type: 'mandate',
      org,
      parties: [org],
      body: utf8(jws.compact),
      // The payload, not the text: one mandate has many valid signatures.
      clientKey: base64url(sha256(jws.payload)),
      effect: async (tx, entry) => {
        if (!(await insertMandate(tx, jws, mandate, entry))) throw idTaken()
      },
    }).catch(error => {
      // Another signature over the same words came first.
      if (!(error instanceof Refusal && error.code === 'IDEMPOTENCY_CONFLICT')) throw error
    })
  }
  const row = held ?? (await asNode(db, tx => readMandate(tx, mandate.id)))
  if (row?.payload !== payloadHash(jws)) throw idTaken()
  return row
}

const idTaken = () => new Refusal('MANDATE_INVALID', 'Another mandate has this id')

/** Throws SIGNATURE_INVALID. */
export const parsed = (text: string): Jws => {
  const jws = parseCompact(text)
  if (!jws.ok) throw new Refusal('SIGNATURE_INVALID', jws.detail)
  return jws
}
