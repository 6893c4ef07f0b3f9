import { sql } from 'kysely'
import { sha256 } from '#sha256'
import { utf8 } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import type { MarkExpiry } from '../../core/financing.ts'
import { signCompact } from '../../core/jws.ts'
import { typ } from '../../core/typ.ts'
import type { Uscc } from '../../core/uscc.ts'
import { asNode, type Tx } from '../../db/database.ts'
import type { NodeKey } from '../seams.ts'
import type { RegistryDeps } from './mark.ts'
import { cancel, putAct, restand } from './store.ts'

type Ended = { readonly id: string; readonly bank: Uscc; readonly seller: Uscc; readonly expires_at: Date }

const MOST = 100

/**
 * Ends the marks that were not financed in time, in the registry's own words: a bank that asked and forgot keeps nobody
 * from the receivable for longer than the seller agreed to. Where a contract decides, it frees them at the same time.
 * Gives how many.
 */
export const expireMarks = async (deps: RegistryDeps & { readonly nodeKey: NodeKey }): Promise<number> => {
  const now = deps.now()
  const ended = await asNode(deps.db, tx => endedBy(tx, now))
  for (const { id, bank, seller, expires_at } of ended) {
    const expiry: MarkExpiry = { financing: id, bank, expired: expires_at.toISOString() }
    const body = utf8(await signCompact({ typ: typ.financingExpiry, payload: canonical(expiry), ...deps.nodeKey }))
    await deps
      .appendAll([
        {
          type: 'financing',
          org: bank,
          parties: [bank, seller],
          body,
          clientKey: `expiry ${id}`,
          effect: async (tx, entry) => {
            // The bank may have financed or released it in the meantime: then there is nothing to end.
            const rows = await endedBy(tx, now, id)
            if (rows.length === 0) throw new TooLate()
            await cancel(tx, id, entry.loggedAt)
            await deps.chain?.release(tx, id, sha256(body))
            await putAct(tx, entry, { financing: id, signer: null, kind: 'expiry', nonce: id })
            await restand(tx, id, entry.loggedAt)
          },
        },
      ])
      .catch(error => {
        if (!(error instanceof TooLate)) throw error
      })
  }
  if (ended.length > 0) deps.chain?.poke()
  return ended.length
}

class TooLate extends Error {}

const endedBy = async (tx: Tx, now: Date, id?: string): Promise<readonly Ended[]> =>
  (
    await sql<Ended>`select id, bank, seller, expires_at from financings
      where state in ('REGU', 'REDU', 'DFIN', 'PNDG') and expires_at <= ${now}
        and ${id === undefined ? sql`true` : sql`id = ${id}`}
      order by expires_at limit ${MOST}`.execute(tx)
  ).rows
