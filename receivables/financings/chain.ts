import { hex } from '../../core/bytes.ts'
import { Refusal } from '../../core/errors.ts'
import type { Consent, MarkState, RegistryContract } from '../../core/financing.ts'
import type { Tx } from '../../db/database.ts'
import type { Fingerprint } from './fingerprint.ts'
import type { FinancingRow } from './store.ts'

/** How a mark stands in the contract. */
export type ChainMark = RegistryContract & {
  readonly id: Uint8Array
  readonly state: 'pending' | 'mined' | 'final' | 'lost' | 'chain-forgotten'
  /** Opens, with the bank's act as it is in the log, what the contract holds of its signature. */
  readonly bankSalt: Uint8Array
  readonly transaction: string | null
  readonly blockNumber: bigint | null
  readonly blockAt: Date | null
  readonly lostAt: Date | null
  readonly trouble: string | null
}

/** The contract that decides between registries. api/ hands it over; a registry without one decides alone. */
export type ChainRegistry = {
  readonly contract: RegistryContract
  /** In the transaction that logs the bank's act: brought onto the chain afterwards, however often that takes. */
  want(
    tx: Tx,
    mark: {
      readonly financing: string
      readonly wanted: 'REGU' | 'PNDG' | 'FNCD'
      readonly fingerprints: readonly Uint8Array[]
      /** SHA-256 of the bank's act as logged, and of the payload of the seller's consent. */
      readonly signed: Uint8Array
      readonly consentHash: Uint8Array
      readonly expires: Date
    },
  ): Promise<void>
  release(tx: Tx, financing: string, signed: Uint8Array): Promise<void>
  /** By financing, of those that the reader may see. */
  marks(tx: Tx, financings: readonly string[]): Promise<ReadonlyMap<string, ChainMark>>
  /** Whether a mark that this registry did not make holds one of these. False while the chain is away. */
  isHeldElsewhere(fingerprints: readonly Uint8Array[]): Promise<boolean>
  /** There is something to bring onto the chain. */
  poke(): void
}

const DAY = 86_400_000
/** The contract lets no unfinanced mark stand for longer than 30 days. */
const LONGEST_PENDING = 29 * DAY

/** Until when a mark has to be financed. */
export const expiryOf = ({ deadline }: Pick<Consent, 'deadline'>, loggedAt: Date): Date =>
  new Date(Math.min(Date.parse(deadline), loggedAt.getTime() + LONGEST_PENDING))

/** Those of the invoice: serials and order lines are shared within one registry, and say too much elsewhere. */
export const onChain = (fingerprints: readonly Fingerprint[]): Uint8Array[] =>
  fingerprints.flatMap(({ kind, fingerprint }) => (kind === 'invoice' ? [fingerprint] : []))

/** A consent serves at the contract that it names, and where no contract decides at none. Refusal CONSENT_INVALID. */
export const mustNameContract = ({ registry }: Consent, contract: RegistryContract | undefined): void => {
  if (contract === undefined && registry === undefined) return
  if (contract === undefined) throw new Refusal('CONSENT_INVALID', 'The seller’s consent is for a registry on a chain')
  const same =
    registry?.chainId === contract.chainId &&
    registry.genesis === contract.genesis &&
    registry.contract === contract.contract
  if (!same) {
    throw new Refusal(
      'CONSENT_INVALID',
      `The seller’s consent does not name the registry ${contract.contract} on chain ${contract.chainId}`,
    )
  }
}

/** A mark is pending until the chain has it for good; then the order there decides, and who came later sees DFIN. */
export const shownState = ({ live, state }: FinancingRow, mark: ChainMark | undefined): MarkState => {
  if (!live || mark === undefined) return state
  if (mark.state === 'lost') return 'DFIN'
  return mark.state === 'pending' || mark.state === 'mined' ? 'PNDG' : state
}

export const shownMark = (mark: ChainMark) => ({
  state: mark.state,
  chainId: mark.chainId,
  genesis: mark.genesis,
  contract: mark.contract,
  mark: `0x${hex(mark.id)}`,
  salt: hex(mark.bankSalt),
  transaction: mark.transaction,
  blockNumber: mark.blockNumber === null ? null : String(mark.blockNumber),
  blockAt: mark.blockAt?.toISOString() ?? null,
  lostAt: mark.lostAt?.toISOString() ?? null,
  // Other troubles are the operator's.
  reason: mark.state === 'lost' ? mark.trouble : null,
})
