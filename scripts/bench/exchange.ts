import type { Benchmark } from './benchmark.ts'
import { judgeChains } from './chain-judging.ts'
import { sayMachine } from './machine.ts'
import { sayRow } from './measure.ts'

export const exchange: Benchmark = {
  name: 'exchange',
  summary: 'certificate chains judged, with revocation lists, beside what node:crypto takes for their signatures',
  async run(out, { rounds, seconds, json }) {
    sayMachine(out, json)
    for (const row of await judgeChains({ rounds, seconds })) sayRow(out, json, row)
  },
}
