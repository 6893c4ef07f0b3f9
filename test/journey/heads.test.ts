import { expect } from 'chai'
import { Wallet } from 'ethers'
import { hex } from '../../core/bytes.ts'
import { type Hash, rootOf } from '../../core/merkle.ts'
import { logIdOf } from '../../core/verify/anchor-rpc.ts'
import { devKey } from '../../ledger/chain/embedded.ts'
import { logAnchorInterface } from '../../ledger/chain/revert.ts'
import { demoNodes } from '../../scripts/start/world.ts'
import { anchorsOf, headOf, leavesOf } from './log.ts'
import { useWorld } from './world.ts'

describe('3. heads of the log', function () {
  this.timeout(60_000)
  const world = useWorld()

  /** Asks the contract without sending anything: what it answers, or the bytes with which it reverts. */
  const call = async (to: string, data: string, from?: string): Promise<{ result?: string; reverted?: string }> => {
    const params = [{ to, data, ...(from === undefined ? {} : { from }) }, 'latest']
    const response = await fetch(world().chain, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_call', params }),
    })
    const { result, error } = (await response.json()) as { result?: string; error?: { data?: unknown } }
    const reverted = /0x[0-9a-f]{8,}/i.exec(JSON.stringify(error?.data ?? ''))?.[0]
    return { ...(result === undefined ? {} : { result }), ...(reverted === undefined ? {} : { reverted }) }
  }

  for (const node of ['market', 'hospital'] as const) {
    const { origin } = demoNodes[node]

    describe(`of the ${node} node`, () => {
      let leaves: Hash[]
      const rootAt = (size: bigint) => hex(rootOf(leaves.slice(0, Number(size))))
      const contract = async () => {
        const { chains } = await world().trusted()
        return chains.at(-1)?.contract ?? ''
      }
      const held = async (): Promise<{ size: bigint; root: string }> => {
        const asked = logAnchorInterface.encodeFunctionData('head', [logIdOf(origin)])
        const { result = '' } = await call(await contract(), asked)
        const [size, root] = logAnchorInterface.decodeFunctionResult('head', result)
        return { size, root: String(root).slice(2) }
      }
      before(async () => {
        const { size } = await headOf(world()[node], origin, await world().trusted())
        leaves = await leavesOf(world()[node], size)
      })

      it('are signed by its log key, with the root that the entries make', async () => {
        const { size, root } = await headOf(world()[node], origin, await world().trusted())
        leaves = await leavesOf(world()[node], size)
        expect(leaves).to.have.lengthOf(Number(size))
        expect(rootAt(size)).to.equal(hex(root))
      })

      it('were accepted by the contract as the entries make them, each larger than the one before', async () => {
        const anchors = (await anchorsOf(world()[node])).filter(it => it.size <= BigInt(leaves.length))
        expect(anchors).to.have.length.of.at.least(2)
        for (const [i, { size, root, state, contract: at }] of anchors.entries()) {
          expect(at).to.equal(await contract())
          expect(state).to.be.oneOf(['mined', 'final'])
          expect(hex(root), `size ${size}`).to.equal(rootAt(size))
          expect(size > (anchors[i - 1]?.size ?? 0n)).to.equal(true)
        }
        const { size, root } = await held()
        leaves = await leavesOf(world()[node], size)
        expect(root).to.equal(rootAt(size))
        expect(size >= (anchors.at(-1)?.size ?? 0n)).to.equal(true)
      })

      it('are not taken by the contract from the node’s own key when they rewrite, fork or shrink the log', async () => {
        const from = new Wallet(devKey(node)).address
        const { size, root } = await held()
        const forged = `0x${'ab'.repeat(32)}`
        for (const [offered, with_, error] of [
          [size + 5n, forged, 'NotConsistent'],
          [size, forged, 'ForkedHead'],
          [size - 1n, `0x${root}`, 'NotAnExtension'],
        ] as const) {
          const data = logAnchorInterface.encodeFunctionData('anchor', [logIdOf(origin), offered, with_, []])
          const { reverted = '0x00000000' } = await call(await contract(), data, from)
          expect(logAnchorInterface.parseError(reverted)?.name, `size ${offered}`).to.equal(error)
        }
      })
    })
  }
})
