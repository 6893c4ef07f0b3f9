import type { Benchmark } from './benchmark.ts'

/** Loaded when asked for: each brings half of the product along. */
export const benchmarks: Readonly<Record<string, () => Promise<Benchmark>>> = {
  ingest: async () => (await import('./ingest.ts')).ingest,
  anchor: async () => (await import('./anchor.ts')).anchor,
  exchange: async () => (await import('./exchange.ts')).exchange,
  resolve: async () => (await import('./resolve.ts')).resolve,
  growth: async () => (await import('./growth.ts')).growth,
  merkle: async () => (await import('./merkle.ts')).merkle,
}
