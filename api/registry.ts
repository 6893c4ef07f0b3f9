import { randomBytes } from 'node:crypto'
import { asNode, type Db } from '../db/database.ts'
import { ChainFault } from '../ledger/chain/fault.ts'
import { chainFingerprint } from '../ledger/marks/commitments.ts'
import { type Registrar, type RegistrySettings, registryTarget, startRegistrar } from '../ledger/marks/registrar.ts'
import { isOwn, putReleased, putWanted, readMarks } from '../ledger/marks/store.ts'
import type { ChainRegistry } from '../receivables/financings/chain.ts'

export type RegistryOnChain = { readonly chain: ChainRegistry; readonly registrar: Registrar }

/** Milliseconds that a bank waits to hear what another registry holds. */
const PATIENCE = 2_000

/** The registry's contract as the financings need it. */
export const openRegistryOnChain = (
  { db, now, acts, onTrouble }: { db: Db; now: () => Date; acts: () => boolean; onTrouble: (error: unknown) => void },
  settings: RegistrySettings & { readonly genesis: string },
): RegistryOnChain => {
  const { chainId, genesis, contract } = settings
  const at = { chainId, genesis, contract }
  const registrar = startRegistrar({ db, now, acts, onTrouble, target: registryTarget(settings) })
  const look = registryTarget({ ...settings, timeLimit: PATIENCE })
  const word = () => new Uint8Array(randomBytes(32))
  return {
    registrar,
    chain: {
      contract: { chainId: String(chainId), genesis, contract },
      want: (tx, { fingerprints, ...mark }) =>
        putWanted(
          tx,
          at,
          { ...mark, fingerprints: fingerprints.map(chainFingerprint) },
          { id: word(), salt: word(), bankSalt: word() },
          now(),
        ),
      release: putReleased,
      marks: async (tx, financings) =>
        new Map(
          [...(await readMarks(tx, financings))].map(([id, mark]) => [id, { ...mark, chainId: String(mark.chainId) }]),
        ),
      async isHeldElsewhere(fingerprints) {
        const names = fingerprints.map(chainFingerprint)
        // What this registry marked its own tables decide, also while the chain is behind them.
        if (await asNode(db, tx => isOwn(tx, at, names))) return false
        try {
          const { contract: registry } = await look()
          const standings = await Promise.all(names.map(name => registry.standing(name)))
          return standings.some(state => state === 'PNDG' || state === 'FNCD')
        } catch (fault) {
          // A chain that is away holds up no bank: the mark is pending until it is back.
          if (fault instanceof ChainFault) return false
          throw fault
        }
      },
      poke: registrar.poke,
    },
  }
}
