import { expect } from 'chai'
import fc from 'fast-check'
import { anchorer, deployLogAnchor, ethers, eventsOf, type LogAnchorContract, mined, type Proof } from './network.ts'
import { consistencyProof, drawFrom, drawnGrowth, type Node, treeHash } from './reference-tree.ts'

const CAP = 64n
const junk = drawFrom('model')

/** One offer to the contract: what is sent, and whether the log's own rules allow it. */
type Offer = { readonly size: bigint; readonly root: Node; readonly proof: Proof }

/** Every kind of offer, from the size held, for a number drawn. The log is the one whose entry i is the text of i. */
const offers: Record<string, (held: bigint, n: bigint) => Offer> = {
  grow: (held, n) => {
    const size = held + 1n + (n % (CAP + 8n))
    return { size, root: treeHash(size), proof: consistencyProof(held, size) }
  },
  repeat: held => ({ size: held, root: treeHash(held), proof: [] }),
  fork: held => ({ size: held, root: junk(), proof: [] }),
  shrink: (held, n) => {
    const size = held - 1n - (n % held)
    return { size, root: size === 0n ? junk() : treeHash(size), proof: [] }
  },
  rewrite: (held, n) => {
    const { root2, proof } = drawnGrowth(held, held + 1n + (n % CAP), junk)
    return { size: held + 1n + (n % CAP), root: root2, proof }
  },
  'grow with a stale proof': (held, n) => {
    const size = held + 1n + (n % CAP)
    const stale = 1n + (n % held)
    // The proof from a right-most subtree's start can be the same list: only a different one is stale.
    const proof = consistencyProof(stale, size)
    const right = consistencyProof(held, size)
    return Buffer.concat(proof).equals(Buffer.concat(right))
      ? { size, root: junk(), proof }
      : { size, root: treeHash(size), proof }
  },
}

const allowed = (held: bigint, { size, root, proof }: Offer): boolean =>
  size > held &&
  size - held <= CAP &&
  root.equals(treeHash(size)) &&
  Buffer.concat(proof as Node[]).equals(Buffer.concat(consistencyProof(held, size)))

describe('LogAnchor under any sequence of offers', function () {
  this.timeout(60_000)
  let contract: LogAnchorContract
  let logs = 0
  before(async () => {
    contract = await deployLogAnchor()
  })

  it('holds exactly the heads of a log that only grew, each told once', async () => {
    const step = fc.record({ kind: fc.constantFrom(...Object.keys(offers)), n: fc.bigInt({ min: 0n, max: 10_000n }) })
    await fc.assert(
      fc.asyncProperty(fc.bigInt({ min: 1n, max: 70n }), fc.array(step, { maxLength: 12 }), async (first, steps) => {
        const logId = ethers.sha256(ethers.toUtf8Bytes(`log.example/${logs++}`))
        await mined(contract.open(logId, first, treeHash(first), CAP))
        await mined(contract.grantRole(await contract.anchorRole(logId), anchorer.address))
        let held = first
        for (const { kind, n } of steps) {
          const offer = offers[kind]?.(held, n) as Offer
          const sent = contract.connect(anchorer).anchor(logId, offer.size, offer.root, offer.proof)
          const label = `${kind} from ${held} to ${offer.size}`
          if (kind === 'repeat') {
            expect(eventsOf(contract, await mined(sent)), label).to.deep.equal([])
          } else if (allowed(held, offer)) {
            const told = [['Anchored', logId, offer.size, ethers.hexlify(offer.root), held]]
            expect(eventsOf(contract, await mined(sent)), label).to.deep.equal(told)
            held = offer.size
          } else {
            await expect(sent, label).to.revert(ethers)
          }
          const [size, root] = await contract.head(logId)
          expect([size, root], label).to.deep.equal([held, ethers.hexlify(treeHash(held))])
        }
      }),
      { numRuns: 40 },
    )
  })
})
