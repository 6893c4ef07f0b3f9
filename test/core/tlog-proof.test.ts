import { generateKeyPairSync, sign } from 'node:crypto'
import { expect } from 'chai'
import { sha256 } from '#sha256'
import { base64, fromBase64, utf8 } from '../../core/bytes.ts'
import { formatCheckpoint } from '../../core/checkpoint.ts'
import { inclusionProof } from '../../core/merkle/proof.ts'
import { asHash, rootOf } from '../../core/merkle.ts'
import { signNote } from '../../core/note.ts'
import { formatTlogProof, parseTlogProof, verifyTlogProof } from '../../core/tlog-proof.ts'
import { growTree, someLeaves } from './merkle-tree.ts'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const raw = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32))
const key = { name: 'log.example/a', publicKey: raw }

const proofOf = async (index: number, size: number) => {
  const leaves = someLeaves(size)
  const text = formatCheckpoint({ origin: key.name, size: BigInt(size), root: rootOf(leaves) })
  const checkpoint = await signNote(text, key, message => sign(null, message, privateKey))
  const hashes = await inclusionProof(BigInt(index), BigInt(size), growTree(leaves).read)
  return { proof: formatTlogProof({ index: BigInt(index), hashes, checkpoint }), leaf: leaves[index]! }
}

describe('a tlog-proof', () => {
  it('is written as transparency-dev/formats writes it', () => {
    const [first, second] = [asHash(sha256(utf8('hash1'))), asHash(sha256(utf8('hash2')))]
    expect(formatTlogProof({ index: 5n, hashes: [first, second], checkpoint: 'test checkpoint\n' })).to.equal(
      `c2sp.org/tlog-proof@v1\nindex 5\n${base64(first)}\n${base64(second)}\n\ntest checkpoint\n`,
    )
    const extra = utf8('extra information')
    expect(formatTlogProof({ index: 10n, hashes: [first], checkpoint: 'checkpoint data\n', extra })).to.equal(
      `c2sp.org/tlog-proof@v1\nextra ${base64(extra)}\nindex 10\n${base64(first)}\n\ncheckpoint data\n`,
    )
    expect(formatTlogProof({ index: 0n, hashes: [], checkpoint: 'checkpoint\n' })).to.equal(
      'c2sp.org/tlog-proof@v1\nindex 0\n\ncheckpoint\n',
    )
  })

  it('reads back what was written', () => {
    const hashes = someLeaves(3)
    for (const proof of [
      { index: 5n, hashes, checkpoint: 'a\n1\nb\n\n— c d\n' },
      { index: 0n, hashes: [], checkpoint: 'x\n', extra: fromBase64('AQID') },
    ]) {
      expect(parseTlogProof(formatTlogProof(proof))).to.deep.equal(proof)
    }
  })

  it('proves a leaf, and that leaf alone', async () => {
    for (const [index, size] of [
      [0, 1],
      [0, 2],
      [6, 7],
      [3, 300],
    ] as const) {
      const { proof, leaf } = await proofOf(index, size)
      const verified = await verifyTlogProof(proof, leaf, key.name, [key])
      expect(verified).to.deep.include({ ok: true, index: BigInt(index) })
      expect(verified.ok && verified.checkpoint.size).to.equal(BigInt(size))
      const other = asHash(sha256(leaf))
      expect(await verifyTlogProof(proof, other, key.name, [key])).to.deep.include({ code: 'PROOF_INCLUSION' })
    }
  })

  it('needs the checkpoint of that log, by a trusted key', async () => {
    const { proof, leaf } = await proofOf(3, 8)
    expect(await verifyTlogProof(proof, leaf, 'log.example/b', [key])).to.deep.include({ code: 'CHECKPOINT_ORIGIN' })
    expect(await verifyTlogProof(proof, leaf, key.name, [])).to.deep.include({ code: 'NOTE_UNSIGNED' })
    const moved = proof.replace('index 3', 'index 4')
    expect(await verifyTlogProof(moved, leaf, key.name, [key])).to.deep.include({ code: 'PROOF_INCLUSION' })
  })

  const hash = base64(new Uint8Array(32))
  const malformed: Record<string, string> = {
    'another header': `c2sp.org/tlog-proof@v2\nindex 0\n\nx\n`,
    'no index': `c2sp.org/tlog-proof@v1\n${hash}\n\nx\n`,
    'a leading zero': `c2sp.org/tlog-proof@v1\nindex 01\n\nx\n`,
    'a negative index': `c2sp.org/tlog-proof@v1\nindex -1\n\nx\n`,
    'a hash of 31 bytes': `c2sp.org/tlog-proof@v1\nindex 0\n${base64(new Uint8Array(31))}\n\nx\n`,
    'something that is not base64': `c2sp.org/tlog-proof@v1\nindex 0\n****\n\nx\n`,
    'extra data after the index': `c2sp.org/tlog-proof@v1\nindex 0\nextra AQID\n\nx\n`,
    'extra data twice': `c2sp.org/tlog-proof@v1\nextra AQID\nextra AQID\nindex 0\n\nx\n`,
    'more hashes than a tree is high': `c2sp.org/tlog-proof@v1\nindex 0\n${`${hash}\n`.repeat(64)}\nx\n`,
    'no checkpoint': `c2sp.org/tlog-proof@v1\nindex 0\n\n`,
    'no empty line': `c2sp.org/tlog-proof@v1\nindex 0\n`,
    nothing: '',
  }
  for (const [what, text] of Object.entries(malformed)) {
    it(`is refused with ${what}`, async () => {
      expect(() => parseTlogProof(text)).to.throw(SyntaxError)
      const verified = await verifyTlogProof(text, someLeaves(1)[0]!, key.name, [key])
      expect(verified).to.deep.include({ ok: false, code: 'PROOF_MALFORMED' })
    })
  }
})
