import { readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import { admin, anchorer, deployLogAnchor, ethers, type LogAnchorContract, mined } from './network.ts'
import { drawFrom, drawnGrowth } from './reference-tree.ts'

const ANCHOR_LIMIT = 68_000n
const OPEN_LIMIT = 80_000n
const LARGEST = 2n ** 20n
const LEVEL_LIMIT = 1_400n
/** What each step cost when it was last looked at. `GAS=write npx mocha test/contracts/log-anchor-gas.test.ts` anew. */
const SNAPSHOT = new URL('../../contracts/abi/LogAnchor.gas.json', import.meta.url)

/** Those with the longest proofs in a tree of this depth. */
const dearest = (depth: bigint): [bigint, bigint][] => {
  const full = 2n ** depth
  const half = full / 2n
  const growths: [bigint, bigint][] = [
    [full - 1n, full],
    [half - 1n, half + 1n],
    [half - 1n, full - 1n],
    [half, full],
    [half + 1n, full],
    [full - 2n, full - 1n],
    [1n, full],
  ]
  return growths.filter(([m, n]) => m > 0n && m < n)
}

describe('what LogAnchor costs', function () {
  this.timeout(60_000)
  let contract: LogAnchorContract
  let logs = 0
  const report: { what: string; gas: number }[] = []

  before(async () => {
    contract = await deployLogAnchor()
  })

  after(() => {
    const rows = report.map(({ what, gas }) => `      ${String(gas).padStart(8)}  ${what}`)
    console.log(['', '      gas used', ...rows].join('\n'))
  })

  const openAndGrow = async (
    m: bigint,
    n: bigint,
    seed = `${m}-${n}`,
    name = String(logs++),
  ): Promise<{ open: bigint; anchor: bigint }> => {
    const logId = ethers.sha256(ethers.toUtf8Bytes(`log.example/${name}`))
    const { root1, root2, proof } = drawnGrowth(m, n, drawFrom(seed))
    const opened = await mined(contract.open(logId, m, root1, 2n ** 64n - 1n))
    await mined(contract.grantRole(await contract.anchorRole(logId), anchorer.address))
    const anchored = await mined(contract.connect(anchorer).anchor(logId, n, root2, proof))
    return { open: opened.gasUsed, anchor: anchored.gasUsed }
  }

  it('stays within its limits on the growths with the longest proofs, at every depth to 2^20', async () => {
    let [dearestOpen, dearestAnchor] = [0n, 0n]
    for (let depth = 2n; depth <= 20n; depth++) {
      for (const [m, n] of dearest(depth)) {
        const { open, anchor } = await openAndGrow(m, n)
        expect(Number(anchor), `anchor ${m} to ${n}`).to.be.at.most(Number(ANCHOR_LIMIT))
        expect(Number(open), `open at ${m}`).to.be.at.most(Number(OPEN_LIMIT))
        dearestOpen = open > dearestOpen ? open : dearestOpen
        dearestAnchor = anchor > dearestAnchor ? anchor : dearestAnchor
      }
    }
    report.push({ what: 'open, the dearest to 2^20', gas: Number(dearestOpen) })
    report.push({ what: 'anchor, the dearest to 2^20', gas: Number(dearestAnchor) })
  })

  it('grows by no more than its limit for each level beyond, to 2^40', async () => {
    let most = 0n
    for (let depth = 21n; depth <= 40n; depth++) {
      for (const [m, n] of dearest(depth)) {
        const { open, anchor } = await openAndGrow(m, n)
        expect(Number(anchor), `anchor ${m} to ${n}`).to.be.at.most(Number(ANCHOR_LIMIT + LEVEL_LIMIT * (depth - 20n)))
        expect(Number(open), `open at ${m}`).to.be.at.most(Number(OPEN_LIMIT))
        most = anchor > most ? anchor : most
      }
    }
    report.push({ what: 'anchor, the dearest to 2^40', gas: Number(most) })
  })

  it('stays within its limits on drawn growths to 2^20', async () => {
    const size = fc.bigInt({ min: 1n, max: LARGEST })
    await fc.assert(
      fc.asyncProperty(size, size, fc.integer().map(String), async (a, b, seed) => {
        fc.pre(a !== b)
        const { anchor, open } = await openAndGrow(a < b ? a : b, a < b ? b : a, seed)
        expect(Number(anchor)).to.be.at.most(Number(ANCHOR_LIMIT))
        expect(Number(open)).to.be.at.most(Number(OPEN_LIMIT))
      }),
      { numRuns: 60 },
    )
  })

  it('reports the usual steps', async () => {
    const steps: [string, bigint, bigint][] = [
      ['anchor 1 to 2', 1n, 2n],
      ['anchor 1,000 to 1,500', 1000n, 1500n],
      ['anchor 65,535 to 65,537', 65_535n, 65_537n],
      ['anchor 524,288 to 2^20', 524_288n, LARGEST],
      ['anchor 1,000,000 to 1,001,000', 1_000_000n, 1_001_000n],
      ['anchor 2^20 - 1 to 2^20', LARGEST - 1n, LARGEST],
      ['anchor 2^40 - 1 to 2^40', 2n ** 40n - 1n, 2n ** 40n],
      ['anchor 2^64 - 2 to 2^64 - 1', 2n ** 64n - 2n, 2n ** 64n - 1n],
      ['anchor 2^63 - 1 to 2^64 - 1', 2n ** 63n - 1n, 2n ** 64n - 1n],
    ]
    for (const [what, m, n] of steps) report.push({ what, gas: Number((await openAndGrow(m, n, what, what)).anchor) })

    const logId = ethers.sha256('0x01')
    const root = drawFrom('repeat')()
    await mined(contract.open(logId, 5n, root, 1n))
    const grant = await mined(contract.grantRole(await contract.anchorRole(logId), anchorer.address))
    const repeat = await mined(contract.connect(anchorer).anchor(logId, 5n, root, []))
    report.push({ what: 'the same head again', gas: Number(repeat.gasUsed) })
    report.push({ what: 'granting a log to an anchoring key', gas: Number(grant.gasUsed) })

    const successor = await deployLogAnchor(admin.address, await contract.getAddress())
    // Not the successor's: the predecessor's address has a zero byte in some runs and none in others.
    const deployed = await contract.deploymentTransaction()?.wait()
    report.push({ what: 'deployment', gas: Number(deployed?.gasUsed ?? 0n) })
    const [kept, junk, stolen] = [1_000_000n, 1_001_000n, ethers.sha256('0x02')]
    const theft = drawnGrowth(kept, junk, drawFrom('theft'))
    await mined(contract.open(stolen, junk, theft.root2, 1n))
    const given = contract.refound(stolen, kept, theft.root1, theft.proof, kept, theft.root1, [], ethers.sha256('0x03'))
    report.push({ what: 'giving a junk head up', gas: Number((await mined(given)).gasUsed) })
    await mined(contract.retire(await successor.getAddress()))
    const copied = await mined(successor.copyHead(logId))
    report.push({ what: 'copying a head to a successor', gas: Number(copied.gasUsed) })
    expect(report.every(({ gas }) => gas > 21_000)).to.equal(true)
  })

  it('is what the committed snapshot says, to the last unit', () => {
    const found = `${JSON.stringify(Object.fromEntries(report.map(({ what, gas }) => [what, gas])), null, 1)}\n`
    if (process.env.GAS === 'write') writeFileSync(SNAPSHOT, found)
    expect(readFileSync(SNAPSHOT, 'utf8')).to.equal(found)
  })
})
