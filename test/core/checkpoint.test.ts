import { generateKeyPairSync, sign } from 'node:crypto'
import { expect } from 'chai'
import { base64 } from '../../core/bytes.ts'
import { formatCheckpoint, openCheckpoint, parseCheckpoint } from '../../core/checkpoint.ts'
import { signNote } from '../../core/note.ts'
import { someLeaves } from './merkle-tree.ts'

/** The example of C2SP tlog-checkpoint. */
const example = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'
const [root] = someLeaves(1)

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const raw = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32))
const key = { name: 'log.example/a', publicKey: raw }
const signByLog = (message: Uint8Array) => sign(null, message, privateKey)

describe('a checkpoint', () => {
  it('reads the example of the standard and writes it back to the byte', () => {
    const checkpoint = parseCheckpoint(example)
    expect(checkpoint.origin).to.equal('example.com/behind-the-sofa')
    expect(checkpoint.size).to.equal(20852163n)
    expect(base64(checkpoint.root)).to.equal('CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=')
    expect(formatCheckpoint(checkpoint)).to.equal(example)
  })

  it('passes over extension lines', () => {
    expect(parseCheckpoint(`${example}extension\n`)).to.deep.equal(parseCheckpoint(example))
  })

  const hash = 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I='
  const malformed: Record<string, string> = {
    'an empty origin': `\n1\n${hash}\n`,
    'a size with a leading zero': `a\n01\n${hash}\n`,
    'a negative size': `a\n-1\n${hash}\n`,
    'a size with a sign': `a\n+1\n${hash}\n`,
    'a size beyond 2^63−1': `a\n9223372036854775808\n${hash}\n`,
    'no root': 'a\n1\n',
    'a root of 31 bytes': `a\n1\n${base64(new Uint8Array(31))}\n`,
    'no last newline': `a\n1\n${hash}`,
    'an empty extension line': `a\n1\n${hash}\n\nx\n`,
    'a carriage return': `a\r\n1\r\n${hash}\r\n`,
  }
  for (const [what, text] of Object.entries(malformed)) {
    it(`is refused with ${what}`, () => {
      expect(() => parseCheckpoint(text)).to.throw(SyntaxError)
    })
  }

  it('takes sizes 0 and 2^63−1', () => {
    expect(parseCheckpoint(`a\n0\n${hash}\n`).size).to.equal(0n)
    expect(parseCheckpoint(`a\n9223372036854775807\n${hash}\n`).size).to.equal(2n ** 63n - 1n)
  })

  it('opens by the key of the log and for its origin alone', async () => {
    const signed = await signNote(formatCheckpoint({ origin: key.name, size: 7n, root: root! }), key, signByLog)
    const opened = await openCheckpoint(signed, key.name, [key])
    expect(opened).to.deep.include({ ok: true, by: [key] })
    expect(opened.ok && opened.checkpoint).to.deep.equal({ origin: key.name, size: 7n, root })
    expect(await openCheckpoint(signed, 'log.example/b', [key])).to.deep.include({
      ok: false,
      code: 'CHECKPOINT_ORIGIN',
    })
    expect(await openCheckpoint(signed, key.name, [])).to.deep.include({ ok: false, code: 'NOTE_UNSIGNED' })
    expect(await openCheckpoint(signed.replace('\n7\n', '\n8\n'), key.name, [key])).to.deep.include({
      ok: false,
      code: 'NOTE_SIGNATURE',
    })
  })

  it('is malformed where a true signature stands under another text', async () => {
    const signed = await signNote('log.example/a\nseven\nroot\n', key, signByLog)
    expect(await openCheckpoint(signed, key.name, [key])).to.deep.include({ ok: false, code: 'CHECKPOINT_MALFORMED' })
  })
})
