import { generateKeyPairSync, sign } from 'node:crypto'
import { expect } from 'chai'
import { sha256 } from '#sha256'
import { base64, concat, hex, utf8 } from '../../../core/bytes.ts'
import { formatCheckpoint } from '../../../core/checkpoint.ts'
import { emptyRoot } from '../../../core/merkle.ts'
import { formatNote } from '../../../core/note.ts'
import { checkWitnesses } from '../../../core/verify/witnesses.ts'

const text = formatCheckpoint({ origin: 'log.example', size: 7n, root: emptyRoot })

const witness = async (name: string) => {
  const pair = generateKeyPairSync('ed25519')
  const publicKey = new Uint8Array(pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32))
  const material = concat(Uint8Array.of(4), publicKey)
  const keyId = sha256(concat(utf8(`${name}\n`), material)).slice(0, 4)
  const cosign = async (time: bigint, over = text) => {
    const stamp = new Uint8Array(8)
    new DataView(stamp.buffer).setBigUint64(0, time)
    const message = utf8(`cosignature/v1\ntime ${time}\n${over}`)
    const signature = new Uint8Array(sign(null, message, pair.privateKey))
    return { name, keyId, signature: concat(stamp, signature) }
  }
  return { key: `${name}+${hex(keyId)}+${base64(material)}`, cosign }
}

describe('the witnesses of a checkpoint', () => {
  it('are counted up to the quorum, each once', async () => {
    const [a, b] = [await witness('w.example/a'), await witness('w.example/b')]
    const keys = [a.key, b.key]
    const one = formatNote({ text, signatures: [await a.cosign(5n), await a.cosign(6n)] })
    const both = formatNote({ text, signatures: [await a.cosign(5n), await b.cosign(6n)] })
    const outcome = async (note: string, quorum: number, of = keys) =>
      (await checkWitnesses(note, { quorum, keys: of }, 'log'))?.outcome
    expect(await outcome(one, 0)).to.equal(undefined)
    expect(await outcome(one, 1)).to.equal('true')
    expect(await outcome(one, 2)).to.equal('false')
    expect(await outcome(both, 2)).to.equal('true')
    expect(await outcome(both, 1, [(await witness('w.example/a')).key])).to.equal('false')
  })

  it('count neither over another head nor at another time', async () => {
    const a = await witness('w.example/a')
    const count = async (signature: Awaited<ReturnType<typeof a.cosign>>) =>
      (await checkWitnesses(formatNote({ text, signatures: [signature] }), { quorum: 1, keys: [a.key] }, 'log'))
        ?.outcome
    expect(await count(await a.cosign(5n, text.replace('7', '8')))).to.equal('false')
    const { signature, ...rest } = await a.cosign(5n)
    expect(await count({ ...rest, signature: concat(new Uint8Array(8), signature.slice(8)) })).to.equal('false')
    expect(await count({ ...rest, signature: signature.slice(8) })).to.equal('false')
  })
})
