import { setTimeout as sleep } from 'node:timers/promises'
import type { Db } from '../db/database.ts'
import { readLag } from '../ledger/anchor-store.ts'
import type { Anchorer } from '../ledger/anchorer.ts'

const PATIENCE_MS = 10_000
const GAP_MS = 3_600_000

/**
 * Gives the chain a moment to take the newest of these records: a bank that asks right after an application would else
 * read of gaps that close by themselves. A chain that is away is not waited for; the report says so.
 */
export async function anchored(
  { db, anchorers }: { db: Db; anchorers: readonly Anchorer[] },
  indexes: readonly bigint[],
): Promise<void> {
  const newest = indexes.reduce((most, index) => (index > most ? index : most), 0n)
  const deadline = Date.now() + PATIENCE_MS
  while (anchorers.length > 0 && anchorers.every(it => it.trouble() === undefined)) {
    if ((await readLag(db)).anchored > newest || Date.now() > deadline) return
    for (const it of anchorers) it.poke()
    await sleep(100)
  }
}

/**
 * Whether this record is only on its way to a chain, so that a report would tell of a gap that closes by itself. After an
 * hour it is a gap.
 */
export async function waitsForAnchor(
  { db, anchorers, now }: { db: Db; anchorers: readonly Anchorer[]; now: () => Date },
  index: bigint,
): Promise<boolean> {
  if (anchorers.length === 0) return false
  const { anchored, waitingSince } = await readLag(db)
  return anchored <= index && now().getTime() - (waitingSince ?? now()).getTime() < GAP_MS
}
