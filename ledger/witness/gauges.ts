import type { Db } from '../../db/database.ts'
import { readRefused } from './witness-store.ts'
import type { Witnessing } from './witnessing.ts'

type Gauge = { readonly name: string; readonly help: string; readonly read: () => Promise<number> }

/** What an operator is woken by. */
export const witnessGauges = (
  db: Db,
  witnessing: Witnessing,
  size: () => Promise<bigint>,
  now: () => Date,
): readonly Gauge[] => {
  const inTrouble = (...kinds: readonly string[]) =>
    witnessing.standings().filter(({ trouble }) => trouble !== undefined && kinds.includes(trouble.kind)).length
  const refused = async (kind: string) => (await readRefused(db)).filter(it => it.kind === kind).length
  return [
    {
      name: 'tallystick_witnesses_away',
      help: 'Witnesses that do not answer, or know neither this log nor its key',
      read: async () => inTrouble('unreachable', 'refused'),
    },
    {
      name: 'tallystick_witnesses_disagreeing',
      help: 'Witnesses that hold another or a longer history of this log, or answer what they must not',
      read: async () => inTrouble('forked', 'ahead', 'lying'),
    },
    {
      name: 'tallystick_witnessed_lag_entries',
      help: 'Entries that no head cosigned by the quorum covers',
      read: async () =>
        witnessing.quorum.quorum === 0 ? 0 : Number((await size()) - ((await witnessing.witnessed())?.size ?? 0n)),
    },
    {
      name: 'tallystick_witnessed_age_seconds',
      help: 'Time since the quorum cosigned a head',
      read: async () => {
        const newest = await witnessing.witnessed()
        return newest === undefined ? 0 : Math.max(0, (now().getTime() - newest.at.getTime()) / 1000)
      },
    },
    {
      name: 'tallystick_witnessed_forks',
      help: 'Heads refused here because their log had signed another root at the same size',
      read: () => refused('fork'),
    },
  ]
}
