import { generateKeyPairSync, sign } from 'node:crypto'
import { expect } from 'chai'
import { sha256 } from '#sha256'
import { concat, utf8 } from '../../../core/bytes.ts'
import { formatCheckpoint } from '../../../core/checkpoint.ts'
import { emptyRoot } from '../../../core/merkle.ts'
import { formatNote, type NoteKey, type NoteSignature } from '../../../core/note.ts'
import type { Trust, TrustedNode } from '../../../core/trust.ts'
import { checkWitnesses } from '../../../core/verify/witnesses.ts'

const text = formatCheckpoint({ origin: 'log.example', size: 7n, root: emptyRoot })
const at = new Date(10_000_000)

const witness = async (name: string) => {
  const pair = generateKeyPairSync('ed25519')
  const publicKey = new Uint8Array(pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32))
  const material = concat(Uint8Array.of(4), publicKey)
  const keyId = sha256(concat(utf8(`${name}\n`), material)).slice(0, 4)
  const cosign = (time: bigint, over = text): NoteSignature => {
    const stamp = new Uint8Array(8)
    new DataView(stamp.buffer).setBigUint64(0, time)
    const message = utf8(`cosignature/v1\ntime ${time}\n${over}`)
    return { name, keyId, signature: concat(stamp, new Uint8Array(sign(null, message, pair.privateKey))) }
  }
  return { key: { name, publicKey } satisfies NoteKey, cosign }
}

const node = (ownWitnesses: readonly NoteKey[]): TrustedNode => ({
  origin: 'log.example',
  logKey: { name: 'log.example', publicKey: new Uint8Array(32) },
  nodeKey: { kty: 'EC', crv: 'P-256', x: '', y: '' },
  notBefore: '2026-01-01T00:00:00Z',
  ownWitnesses: [...ownWitnesses],
})

const judge = async (
  signatures: readonly NoteSignature[],
  witnesses: Trust['witnesses'],
  nodes: readonly TrustedNode[] = [],
) => {
  const { step, witnessed } = await checkWitnesses(
    formatNote({ text, signatures }),
    { witnesses, nodes: [...nodes] },
    'log.example',
    at,
  )
  return { outcome: step.outcome, witnessed }
}

describe('the witnesses of a checkpoint', () => {
  it('are counted up to the quorum, each once, and date the head', async () => {
    const [a, b] = [await witness('w.example/a'), await witness('w.example/b')]
    const keys = [a.key, b.key]
    const one = [a.cosign(5n), a.cosign(6n)]
    const both = [a.cosign(5n), b.cosign(8n)]
    const [five, eight] = [new Date(5000), new Date(8000)]
    expect(await judge(one, { quorum: 1, keys })).to.deep.equal({
      outcome: 'true',
      witnessed: { earliest: five, quorumAt: five },
    })
    expect(await judge(one, { quorum: 2, keys })).to.deep.equal({ outcome: 'false', witnessed: { earliest: five } })
    expect(await judge(both, { quorum: 2, keys })).to.deep.equal({
      outcome: 'true',
      witnessed: { earliest: five, quorumAt: eight },
    })
    const namesake = (await witness('w.example/a')).key
    expect(await judge(both, { quorum: 1, keys: [namesake] })).to.deep.equal({ outcome: 'false', witnessed: undefined })
  })

  it('are not required where the trust settings ask for none, and are named all the same', async () => {
    const a = await witness('w.example/a')
    expect(await judge([a.cosign(5n)], { quorum: 0, keys: [] })).to.deep.equal({
      outcome: 'not_required',
      witnessed: undefined,
    })
    expect(await judge([a.cosign(5n)], { quorum: 0, keys: [a.key] })).to.deep.equal({
      outcome: 'not_required',
      witnessed: { earliest: new Date(5000) },
    })
  })

  it('are not checkable without trust settings', async () => {
    const a = await witness('w.example/a')
    const note = formatNote({ text, signatures: [a.cosign(5n)] })
    expect((await checkWitnesses(note, undefined, 'log.example', at)).step.outcome).to.equal('not_checkable')
  })

  it("are not the log operator's own", async () => {
    const [a, b] = [await witness('w.example/a'), await witness('w.example/b')]
    const policy = { quorum: 1, keys: [a.key, b.key] }
    const renamed = { ...a.key, name: 'elsewhere.example' }
    expect(await judge([a.cosign(5n)], policy, [node([])])).to.have.property('outcome', 'true')
    expect(await judge([a.cosign(5n)], policy, [node([a.key])])).to.have.property('outcome', 'false')
    expect(await judge([a.cosign(5n)], policy, [node([renamed])])).to.have.property('outcome', 'false')
    expect(await judge([b.cosign(5n)], policy, [node([a.key])])).to.have.property('outcome', 'true')
    expect(await judge([a.cosign(5n)], policy, [{ ...node([a.key]), origin: 'other.example' }])).to.have.property(
      'outcome',
      'true',
    )
  })

  it('make it false by a line that does not verify, is over another head, or from a time to come', async () => {
    const [a, b] = [await witness('w.example/a'), await witness('w.example/b')]
    const policy = { quorum: 1, keys: [a.key, b.key] }
    const outcome = async (...signatures: NoteSignature[]) => (await judge(signatures, policy)).outcome
    expect(await outcome(a.cosign(5n, text.replace('7', '8')))).to.equal('false')
    const { signature, ...rest } = a.cosign(5n)
    expect(await outcome({ ...rest, signature: concat(new Uint8Array(8), signature.slice(8)) })).to.equal('false')
    expect(await outcome({ ...rest, signature: signature.slice(8) })).to.equal('false')
    expect(await outcome(a.cosign(5n, text.replace('7', '8')), b.cosign(5n))).to.equal('false')
    expect(await outcome(a.cosign(10_060n))).to.equal('true')
    expect(await outcome(a.cosign(10_061n))).to.equal('false')
  })
})
