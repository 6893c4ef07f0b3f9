import { expect } from 'chai'
import { fromHex, hex } from '../../../core/bytes.ts'
import { asHash, type Hash } from '../../../core/merkle.ts'
import { logIdOf } from '../../../core/verify/anchor-rpc.ts'
import { provenHead, type StateProof } from '../../../core/verify/anchor-state.ts'
import { connect } from '../../../ledger/chain/adapter.ts'
import { LOG_ANCHOR_CODE_HASH } from '../../../ledger/chain/log-anchor.ts'
import { readStateProof } from '../../../ledger/chain/state-proof.ts'
import { treeHash } from '../../contracts/reference-tree.ts'
import { type Bench, startBench } from './embedded-log-anchor.ts'
import { openGateway, type Rule, rejection } from './gateway.ts'

const rootOf = (size: bigint): Hash => asHash(Uint8Array.from(treeHash(size)))

describe('the proof that a block holds a head', () => {
  let bench: Bench
  const logs = Array.from({ length: 40 }, (_, i) => ({ logId: logIdOf(`log.example/${i}`), size: BigInt(i + 1) }))
  const blocks: { number: bigint; hash: string }[] = []

  before(async function () {
    this.timeout(30_000)
    bench = await startBench()
    for (const { logId, size } of logs) {
      const { blockNumber: number, blockHash: hash } = await bench.contract.openLog(bench.deployer, {
        ...{ logId, size, root: rootOf(size), maxGrowth: 100n },
      })
      blocks.push({ number, hash })
    }
  })
  after(() => bench.embedded.close())

  const proofOf = async (i: number, block = blocks[i]!) =>
    (await readStateProof(bench.chain, bench.contract.address, logs[i]!.logId, block)) as StateProof
  const behind = async <T>(rule: Rule, use: (url: string) => Promise<T>): Promise<T> => {
    const gateway = await openGateway(bench.embedded.url, rule)
    try {
      return await use(gateway.url)
    } finally {
      await gateway.close()
    }
  }

  it('leads from the hash of each block to the head that the contract held after it', async () => {
    for (const [i, { logId, size }] of logs.entries()) {
      const proven = provenHead(await proofOf(i), bench.contract.address, logId)
      const { number, hash } = blocks[i]!
      expect(proven).to.deep.equal({
        ...{ blockHash: hash, blockNumber: number, blockAt: (await bench.chain.block(number))!.at },
        ...{ codeHash: LOG_ANCHOR_CODE_HASH, size, root: rootOf(size), refounded: 0n },
      })
    }
  })

  it('tells a later block by the same head, and an earlier one by none', async () => {
    const last = blocks.at(-1)!
    const later = provenHead(await proofOf(0, last), bench.contract.address, logs[0]!.logId)
    expect(later).to.include({ size: 1n, blockHash: last.hash })
    expect(await proofOf(5, blocks[4]!)).to.equal('not served')
  })

  it('shows nothing for another log, another contract or another account', async () => {
    const proof = await proofOf(7)
    expect(() => provenHead(proof, bench.contract.address, logs[8]!.logId)).to.throw(SyntaxError)
    expect(() => provenHead(proof, bench.deployer.address.toLowerCase(), logs[7]!.logId)).to.throw(SyntaxError)
    expect(() => provenHead(proof, `0x${'12'.repeat(20)}`, logs[7]!.logId)).to.throw(SyntaxError)
  })

  it('is no proof, or that of another block, with any bit of it flipped, any node lost, doubled or added', async () => {
    const whole = await proofOf(11)
    const { logId } = logs[11]!
    const blockHash = blocks[11]!.hash
    const expectNoProof = (proof: StateProof, what: string) => {
      try {
        const proven = provenHead(proof, bench.contract.address, logId)
        expect(proven.blockHash, what).not.to.equal(blockHash)
      } catch (error) {
        expect(error, `${what}: ${error}`).to.be.instanceOf(SyntaxError)
      }
    }
    const flipped = (text: string, at: number) => {
      const bytes = fromHex(text)
      bytes[at >> 3]! ^= 1 << (at & 7)
      return hex(bytes)
    }
    for (let bit = 0; bit < whole.header.length * 4; bit++) {
      expectNoProof({ ...whole, header: flipped(whole.header, bit) }, `header, bit ${bit}`)
    }
    const lists = [
      [whole.account, (account: readonly string[]) => ({ ...whole, account })],
      [whole.slots[0], (first: readonly string[]) => ({ ...whole, slots: [first, whole.slots[1]] as const })],
      [whole.slots[1], (second: readonly string[]) => ({ ...whole, slots: [whole.slots[0], second] as const })],
    ] as const
    for (const [nodes, put] of lists) {
      for (const [i, node] of nodes.entries()) {
        for (let bit = 0; bit < node.length * 4; bit += 5) {
          expectNoProof(put(nodes.with(i, flipped(node, bit))), `node ${i}, bit ${bit}`)
        }
        expectNoProof(put(nodes.toSpliced(i, 1)), `without node ${i}`)
        expectNoProof(put(nodes.toSpliced(i, 0, node)), `node ${i} twice`)
      }
      expectNoProof(put([...nodes, '80']), 'a node more')
      expectNoProof(put([]), 'no nodes')
    }
    expectNoProof({ ...whole, slots: [whole.slots[1], whole.slots[0]] }, 'slots exchanged')
  }).timeout(60_000)

  it('is "not served" by a chain without eth_getProof, with pruned state, or with another form of block hashes', async () => {
    const block = blocks[3]!
    const read = (url: string) =>
      connect({ url, chainId: bench.chain.chainId }).then(chain =>
        readStateProof(chain, bench.contract.address, logs[3]!.logId, block),
      )
    const pruned = { error: { code: -32_000, message: 'distance to target block exceeds maximum proof window' } }
    const unknown = { error: { code: -32_601, message: 'the method eth_getProof does not exist' } }
    for (const error of [pruned, unknown, { result: null }, { result: { accountProof: [], storageProof: [] } }]) {
      expect(await behind(method => (method === 'eth_getProof' ? error : undefined), read)).to.equal('not served')
    }
    const told = (await bench.chain.rpc('eth_getBlockByNumber', [`0x${block.number.toString(16)}`, false])) as object
    // As Besu's QBFT: the hash leaves a part of extraData out.
    const sealed: Rule = (method, [number]) =>
      method === 'eth_getBlockByNumber' && number !== '0x0' ? { result: { ...told, extraData: '0x01' } } : undefined
    expect(await behind(sealed, read)).to.equal('not served')
  })

  it('is asked for again when the endpoint is away or the number names another block', async () => {
    const away: Rule = method => (method === 'eth_getProof' ? { result: undefined } : undefined)
    const read = (url: string, hash = blocks[3]!.hash) =>
      connect({ url, chainId: bench.chain.chainId }).then(chain =>
        readStateProof(chain, bench.contract.address, logs[3]!.logId, { ...blocks[3]!, hash }),
      )
    expect(await rejection(behind(away, read))).to.have.property('code', 'UNREACHABLE')
    expect(await read(bench.embedded.url, `0x${'ab'.repeat(32)}`)).to.equal(undefined)
  })
})
