import { expect } from 'chai'
import { exportJWK } from 'jose'
import { utf8 } from '../../core/bytes.ts'
import { checkReceipt, type SignedTree } from '../../core/log-receipt.ts'
import { asHash, type Hash, leafHash } from '../../core/merkle.ts'
import { signBatchReceipt, signReceipt } from '../../ledger/receipt.ts'
import { nodeKey, nodePublicKey, origin } from '../ledger/open-ledger.ts'

const leaves: readonly Hash[] = Array.from({ length: 10 }, (_, i) => leafHash(utf8(`entry ${i}`)))
const loggedAt = new Date('2026-11-23T00:00:00.000Z')
const soon = new Date(loggedAt.getTime() + 1_000)
const late = new Date(loggedAt.getTime() + 61_000)
const at = (index: number, leaf = leaves[index]!) => ({ index: BigInt(index), leaf, loggedAt })

describe('a receipt of the log', () => {
  let log: SignedTree
  before(async () => {
    const read: SignedTree['read'] = async nodes => nodes.map(node => leaves[Number(node.index)] as Hash)
    log = { origin, size: 8n, read, nodeKeys: [await exportJWK(nodePublicKey)] }
  })
  const single = (index: number, leaf?: Hash) => signReceipt(nodeKey, origin, at(index, leaf))
  const batch = (from: number, to: number, other?: Hash) =>
    signBatchReceipt(
      nodeKey,
      origin,
      Array.from({ length: to - from }, (_, i) => at(from + i, i === 1 ? other : undefined)),
    )
  const outcome = async (text: string | Promise<string>, now = soon) => checkReceipt(await text, log, now)

  it('is kept when its leaf stands there, for one entry and for neighbours', async () => {
    expect(await outcome(single(3))).to.equal('kept')
    expect(await outcome(batch(0, 8))).to.equal('kept')
    expect(await outcome(batch(6, 8))).to.equal('kept')
  })

  it('is broken when any other leaf stands there', async () => {
    const other = asHash(new Uint8Array(32))
    expect(await outcome(single(3, other))).to.equal('RECEIPT_LEAF')
    expect(await outcome(batch(2, 6, other))).to.equal('RECEIPT_LEAF')
  })

  it('waits for a head while it is young, and is broken when none has come', async () => {
    for (const receipt of [single(8), batch(7, 9)]) {
      expect(await outcome(receipt)).to.equal('pending')
      expect(await outcome(receipt, late)).to.equal('RECEIPT_UNKEPT')
    }
  })

  it('is none by another key, of another log, or in another form', async () => {
    const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
    const stranger = { key: pair.privateKey, kid: 'node-1' }
    expect(await outcome(signReceipt(stranger, origin, at(1)))).to.equal('RECEIPT_SIGNATURE')
    expect(await outcome(signReceipt(nodeKey, 'other.example/log', at(1)))).to.equal('RECEIPT_ORIGIN')
    expect(await outcome('a.b.c')).to.equal('RECEIPT_MALFORMED')
  })
})
