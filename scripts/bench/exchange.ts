import { type Benchmark, isWanted, type Settings } from './benchmark.ts'
import { judgeChains } from './chain-judging.ts'
import { sayMachine } from './machine.ts'
import { sayRow } from './measure.ts'
import { measureReleases, SERIALS, saveBundle } from './release.ts'
import { openStage } from './stage.ts'
import { verifyInBrowser, verifyInCli } from './verifying.ts'

/** The most that one line of a document may have: each scanned by itself at three steps they make 6,000 records. */
const MANY = 2_000

export const exchange: Benchmark = {
  name: 'exchange',
  summary:
    'certificate chains judged beside what node:crypto takes; one application released by two nodes, and its bundle verified',
  async run(out, settings) {
    const { json } = settings
    sayMachine(out, json)
    if (isWanted(settings, 'chains')) for (const row of await judgeChains(settings)) sayRow(out, json, row)
    if (isWanted(settings, 'release') || isWanted(settings, 'verify')) await releases(out, settings)
  },
}

const releases = async (out: (line: string) => void, settings: Settings): Promise<void> => {
  const { json, rounds } = settings
  const stage = await openStage()
  try {
    const application = await stage.apply(SERIALS, SERIALS)
    if (isWanted(settings, 'release')) {
      for (const row of await measureReleases(stage.bank, application, settings)) sayRow(out, json, row)
    }
    if (!isWanted(settings, 'verify')) return
    // Its own bundle, then larger ones: what the memory does.
    for (const serials of [undefined, SERIALS, MANY]) {
      const of = serials === undefined ? application : await stage.apply(serials, 1)
      const saved = await saveBundle(stage, of)
      for (const row of await verifyInCli(saved, stage.trustFile, rounds)) sayRow(out, json, row)
      const inBrowser = await verifyInBrowser(saved, stage.trustFile, rounds)
      if (inBrowser) sayRow(out, json, inBrowser)
      else out(json ? JSON.stringify({ skipped: 'verify in a browser: there is none' }) : 'no browser here')
    }
  } finally {
    await stage.close()
  }
}
