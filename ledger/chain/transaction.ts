import type { Signer as EthersSigner } from 'ethers'
import { keccak256 } from 'ethers/crypto'
import { Transaction } from 'ethers/transaction'
import type { Fees } from './fees.ts'

/** A key that signs for one account: a wallet in this process, or a remote signer behind the same two functions. */
export type Signer = Pick<EthersSigner, 'getAddress' | 'signTransaction'>

/** Signed and not sent: what is stored before it is broadcast, so that a restart sends the same bytes again. */
export type SignedTransaction = { readonly rawTransaction: string; readonly hash: string }

export type Unsigned = {
  readonly chainId: bigint
  /** Absent for a transaction that creates a contract. */
  readonly to?: string
  readonly data: string
  readonly nonce: number
  readonly gasLimit: bigint
  readonly fees: Fees
}

/** Signs without asking the chain anything. */
export const sign = async (signer: Signer, { fees, to, ...rest }: Unsigned): Promise<SignedTransaction> => {
  const rawTransaction = await signer.signTransaction({
    ...rest,
    ...fees,
    to: to ?? null,
    value: 0n,
    type: 'gasPrice' in fees ? 0 : 2,
  })
  return { rawTransaction, hash: hashOf(rawTransaction) }
}

export const hashOf = (rawTransaction: string): string => keccak256(rawTransaction)

export const senderOf = (rawTransaction: string): { readonly from: string; readonly nonce: number } => {
  const { from, nonce } = Transaction.from(rawTransaction)
  if (from === null) throw new RangeError('the transaction is not signed')
  return { from: from.toLowerCase(), nonce }
}
