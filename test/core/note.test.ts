import { createPrivateKey, sign } from 'node:crypto'
import { expect } from 'chai'
import { fromBase64, hex } from '../../core/bytes.ts'
import {
  formatNote,
  formatVerifierKey,
  noteKeyId,
  parseNote,
  parseVerifierKey,
  signNote,
  verifyNote,
} from '../../core/note.ts'

/** Keys and note of the tests of golang.org/x/mod/sumdb/note. */
const golang = {
  verifier: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
  seed: fromBase64('AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz').slice(1),
  other: 'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop',
  text: "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n",
  line: '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n',
}
const note = `${golang.text}\n${golang.line}`
const peter = parseVerifierKey(golang.verifier)
const enoch = parseVerifierKey(golang.other)

const signByPeter = (message: Uint8Array) => {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), golang.seed])
  return sign(null, message, createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))
}

const codeOf = async (text: string, keys = [peter]) => {
  const verified = await verifyNote(text, keys)
  return verified.ok ? verified.by.map(key => key.name) : verified.code
}

describe('a signed note', () => {
  it('verifies as published by the Go checksum database', async () => {
    expect(await verifyNote(note, [enoch, peter])).to.deep.equal({ ok: true, text: golang.text, by: [peter] })
    expect(hex(noteKeyId(peter))).to.equal('c74f20a3')
  })

  it('is signed to the published byte', async () => {
    expect(await signNote(golang.text, peter, signByPeter)).to.equal(note)
  })

  it('reads the published verifier keys back to the byte, and no mangled one', () => {
    for (const key of [golang.verifier, golang.other, 'TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6']) {
      expect(formatVerifierKey(parseVerifierKey(key))).to.equal(key)
    }
    // A witness's key (signature type 4) is no log key.
    expect(() => parseVerifierKey('remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2')).to.throw(
      SyntaxError,
    )
    for (let cut = 1; cut < golang.verifier.length; cut++) {
      expect(() => parseVerifierKey(golang.verifier.slice(0, cut)), `${cut}`).to.throw(SyntaxError)
    }
    for (let at = 0; at < golang.verifier.length; at++) {
      const next = String.fromCharCode(golang.verifier.charCodeAt(at) + 1)
      const mangled = golang.verifier.slice(0, at) + next + golang.verifier.slice(at + 1)
      expect(() => parseVerifierKey(mangled), mangled).to.throw(SyntaxError)
    }
  })

  it('passes over lines of unknown keys, and needs one that is known', async () => {
    const strange = '— somebody.example/log AAAAAAECAwQF\n'
    expect(await codeOf(note + strange)).to.deep.equal(['PeterNeumann'])
    expect(await codeOf(`${golang.text}\n${strange}${golang.line}`)).to.deep.equal(['PeterNeumann'])
    expect(await codeOf(`${golang.text}\n${strange}`)).to.equal('NOTE_UNSIGNED')
    expect(await codeOf(note, [enoch])).to.equal('NOTE_UNSIGNED')
    expect(await codeOf(note, [])).to.equal('NOTE_UNSIGNED')
    // The same name with another key id is another key.
    expect(await codeOf(note, [{ name: peter.name, publicKey: enoch.publicKey }])).to.equal('NOTE_UNSIGNED')
  })

  it('names a key once, however often it signed', async () => {
    expect(await codeOf(note + golang.line)).to.deep.equal(['PeterNeumann'])
  })

  it('fails as a whole where a known key does not verify', async () => {
    expect(await codeOf(note.replace('cryptography', 'Cryptography'))).to.equal('NOTE_SIGNATURE')
    const parsed = parseNote(note)
    const [first] = parsed.signatures
    const flipped = { ...first!, signature: first!.signature.map((byte, i) => (i === 9 ? byte ^ 1 : byte)) }
    expect(await codeOf(formatNote({ ...parsed, signatures: [first!, flipped] }))).to.equal('NOTE_SIGNATURE')
    const short = { ...first!, signature: first!.signature.slice(0, 60) }
    expect(await codeOf(formatNote({ ...parsed, signatures: [short] }))).to.equal('NOTE_SIGNATURE')
  })

  const { text, line } = golang
  const malformed: Record<string, string> = {
    'no signature': `${text}\n`,
    'no empty line': text + line,
    'no last newline': note.slice(0, -1),
    'an empty line after the signatures': `${note}\n`,
    'a carriage return': note.replace('problem,\n', 'problem,\r\n'),
    'a tab': note.replace('If you', 'If\tyou'),
    'a lone surrogate': note.replace('If you', 'If \ud800you'),
    'a hyphen for the dash': `${text}\n${line.replace('—', '-')}`,
    'two spaces': `${text}\n${line.replace('— ', '—  ')}`,
    'a name with a plus': `${text}\n${line.replace('PeterNeumann', 'Peter+Neumann')}`,
    'a name with an ideographic space': `${text}\n${line.replace('PeterNeumann', 'Peter\u3000Neumann')}`,
    'no name': `${text}\n${line.replace('PeterNeumann ', '')}`,
    'base64 without padding': `${text}\n${line.replace('=', '')}`,
    'a signature of the key id alone': `${text}\n— PeterNeumann x08gow==\n`,
    'more than a hundred signatures': `${text}\n${line.repeat(101)}`,
    'more than a million characters': `${'x'.repeat(1_000_000)}\n\n${line}`,
  }
  for (const [what, broken] of Object.entries(malformed)) {
    it(`is refused with ${what}`, async () => {
      expect(await codeOf(broken)).to.equal('NOTE_MALFORMED')
    })
  }

  it('may have empty lines in its text: the last one splits it', () => {
    const parsed = parseNote(`a\n\nb\n\n${golang.line}`)
    expect(parsed.text).to.equal('a\n\nb\n')
    expect(formatNote(parsed)).to.equal(`a\n\nb\n\n${golang.line}`)
  })

  it('is not signed where nobody could read it', async () => {
    const failure = (text: string, key = peter) => signNote(text, key, signByPeter).catch(error => error)
    expect(await failure('tab\there\n')).to.be.instanceOf(SyntaxError)
    expect(await failure('no newline')).to.be.instanceOf(SyntaxError)
    expect(await failure('text\n', { ...peter, name: 'two words' })).to.be.instanceOf(SyntaxError)
  })
})
