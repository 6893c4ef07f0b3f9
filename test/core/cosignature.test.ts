import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { sha256 } from '#sha256'
import { utf8 } from '../../core/bytes.ts'
import { cosign, formatWitnessKey, parseWitnessKey, readCosignatures } from '../../core/cosignature.ts'
import { formatNote, formatVerifierKey, parseNote, parseVerifierKey, verifyNote } from '../../core/note.ts'

const { cosigned } = JSON.parse(readFileSync(new URL('../vectors/tlog_witness.json', import.meta.url), 'utf8')) as {
  cosigned: { checkpoint: string; log: string; witnesses: string[]; time: number }
}

const note = parseNote(cosigned.checkpoint)
const witnesses = cosigned.witnesses.map(text => parseWitnessKey(text))
const time = new Date(cosigned.time * 1000)

const seed = (name: string) => {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), sha256(utf8(name))])
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const publicKey = new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32))
  return { key: { name, publicKey }, sign: (message: Uint8Array) => sign(null, message, key) }
}
const own = seed('w.example/1')
const text = 'log.example\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'

describe('a cosignature', () => {
  it('of each public witness verifies under the checkpoint of a public log, with its time', async () => {
    const { good, bad } = await readCosignatures(note, witnesses, time)
    expect(bad).to.deep.equal([])
    expect(good.map(({ key }) => key)).to.deep.equal(witnesses)
    expect(good.map(it => it.time)).to.deep.equal(witnesses.map(() => time))
  })

  it('is none over another text, another time, or by another key', async () => {
    const names = async (changed: typeof note, keys = witnesses, latest = time) =>
      (await readCosignatures(changed, keys, latest)).bad.map(({ name }) => name)
    const everyone = witnesses.map(({ name }) => name)
    expect(await names({ ...note, text: note.text.replace('1432088532', '1432088533') })).to.deep.equal(everyone)
    expect(await names({ ...note, text: `${note.text}extension\n` })).to.deep.equal(everyone)
    const shift = (by: number) =>
      note.signatures.map(it => {
        const signature = it.signature.slice()
        signature[7] = (signature[7] ?? 0) + by
        return { ...it, signature }
      })
    expect(await names({ ...note, signatures: shift(1) }, witnesses, new Date(2e12))).to.deep.equal(everyone)
    // A second before it says that it was made.
    expect(await names(note, witnesses, new Date(time.getTime() - 1000))).to.deep.equal(everyone)
  })

  it('is passed over when nobody asked for its key, whatever it says', async () => {
    expect(await readCosignatures(note, [], time)).to.deep.equal({ good: [], bad: [] })
    expect(await readCosignatures(note, [own.key], time)).to.deep.equal({ good: [], bad: [] })
  })

  it('has the size of its kind, and a time that is neither zero nor beyond 2^63', async () => {
    const line = await cosign(text, own.key, own.sign, time)
    const judged = async (signature: Uint8Array, latest = new Date(8.64e15)) => {
      const { good, bad } = await readCosignatures({ text, signatures: [{ ...line, signature }] }, [own.key], latest)
      return good.length - bad.length
    }
    const at = async (seconds: bigint) => {
      const stamp = new Uint8Array(8)
      new DataView(stamp.buffer).setBigUint64(0, seconds)
      return Uint8Array.from([...stamp, ...own.sign(utf8(`cosignature/v1\ntime ${seconds}\n${text}`))])
    }
    expect(await judged(line.signature)).to.equal(1)
    expect(await judged(line.signature.slice(0, -1))).to.equal(-1)
    expect(await judged(Uint8Array.from([...line.signature, 0]))).to.equal(-1)
    expect(await judged(line.signature.slice(8))).to.equal(-1)
    expect(await judged(line.signature.slice(0, 3))).to.equal(-1)
    expect(await judged(await at(1n))).to.equal(1)
    for (const seconds of [0n, 2n ** 63n, 2n ** 64n - 1n]) expect(await judged(await at(seconds))).to.equal(-1)
    expect(await judged(await at(2n ** 63n - 1n))).to.equal(-1)
  })

  it('made here is read here, and no note signature', async () => {
    const signature = await cosign(text, own.key, own.sign, time)
    const { good } = await readCosignatures({ text, signatures: [signature] }, [own.key], time)
    expect(good.map(it => it.time)).to.deep.equal([time])
    const asNote = formatNote({ text, signatures: [signature] })
    expect(await verifyNote(asNote, [own.key])).to.include({ ok: false, code: 'NOTE_UNSIGNED' })
  })
})

describe("a witness's verifier key", () => {
  it('has its own type: no log key is one, nor the other way round', () => {
    for (const published of cosigned.witnesses) {
      expect(formatWitnessKey(parseWitnessKey(published))).to.equal(published)
      expect(() => parseVerifierKey(published)).to.throw(SyntaxError)
    }
    expect(() => parseWitnessKey(formatVerifierKey(own.key))).to.throw(SyntaxError)
    expect(() => parseWitnessKey(cosigned.log)).to.throw(SyntaxError)
    expect(() => parseWitnessKey((cosigned.witnesses[0] ?? '').replace('d8042a87', 'd8042a88'))).to.throw(SyntaxError)
  })
})
