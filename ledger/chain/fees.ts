import type { Rpc } from './rpc.ts'

/** In wei for one unit of gas. Chains without a base fee take a gas price, often 0 on a consortium chain. */
export type Fees =
  | { readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint }
  | { readonly gasPrice: bigint }

/** What the chain asks for now, with room for six full blocks of rising base fee (1.125^6 ≈ 2). */
export const suggestFees = async (rpc: Rpc): Promise<Fees> => {
  const latest = (await rpc('eth_getBlockByNumber', ['latest', false])) as { baseFeePerGas?: string } | null
  if (latest?.baseFeePerGas === undefined) return { gasPrice: BigInt((await rpc('eth_gasPrice', [])) as string) }
  const maxPriorityFeePerGas = BigInt((await rpc('eth_maxPriorityFeePerGas', [])) as string)
  return { maxFeePerGas: 2n * BigInt(latest.baseFeePerGas) + maxPriorityFeePerGas, maxPriorityFeePerGas }
}

/** Fees that may replace a transaction with the same nonce: an eighth more, which is what the strictest nodes ask. */
export const bumpFees = (fees: Fees): Fees =>
  'gasPrice' in fees
    ? { gasPrice: bumped(fees.gasPrice) }
    : { maxFeePerGas: bumped(fees.maxFeePerGas), maxPriorityFeePerGas: bumped(fees.maxPriorityFeePerGas) }

const bumped = (fee: bigint): bigint => fee + (fee + 7n) / 8n

/** Of each the higher, in the form of the first. */
export const higherFees = (a: Fees, b: Fees): Fees => {
  const most = (x: bigint, y: bigint) => (x > y ? x : y)
  if ('gasPrice' in a) return { gasPrice: most(a.gasPrice, 'gasPrice' in b ? b.gasPrice : b.maxFeePerGas) }
  if ('gasPrice' in b) return a
  return {
    maxFeePerGas: most(a.maxFeePerGas, b.maxFeePerGas),
    maxPriorityFeePerGas: most(a.maxPriorityFeePerGas, b.maxPriorityFeePerGas),
  }
}
