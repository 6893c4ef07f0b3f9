import { expect } from 'chai'
import { formatWitnessKey } from '../../../core/cosignature.ts'
import { formatVerifierKey } from '../../../core/note.ts'
import { checkWitnessKey, parseWitnessFile } from '../../../ledger/witness/witness-file.ts'
import { makeKey } from './witness-server.ts'

const [a, b, c] = ['w.example/a', 'w.example/b', 'w.example/c'].map(makeKey) as [Key, Key, Key]
type Key = ReturnType<typeof makeKey>
const log = makeKey('log.example')
const at = (key: Key) => ({ key: formatWitnessKey(key), url: `https://${key.name}` })

const file = {
  quorum: 2,
  witnesses: [at(a)],
  groups: [{ quorum: 1, witnesses: [at(b), at(c)] }],
  serve: {
    name: 'me.example/witness',
    keyFile: '/keys/witness.pem',
    logs: [{ origin: 'go.sum database tree', keys: [formatVerifierKey(log)] }],
  },
}
const parse = (it: unknown) => parseWitnessFile(JSON.stringify(it))

describe('the witness file', () => {
  it('names who is asked, how many must answer, and which logs are witnessed here', () => {
    const { witnesses, quorum, serve } = parse(file)
    expect(witnesses.map(({ key, url }) => [key.name, url])).to.deep.equal([
      ['w.example/a', 'https://w.example/a'],
      ['w.example/b', 'https://w.example/b'],
      ['w.example/c', 'https://w.example/c'],
    ])
    expect(quorum).to.deep.include({ quorum: 2 })
    expect(quorum.groups?.map(group => [group.quorum, group.keys.length])).to.deep.equal([[1, 2]])
    expect(serve?.logs[0]?.keys[0]?.name).to.equal('log.example')
    expect(parse({ quorum: 0, witnesses: [] })).to.deep.include({ witnesses: [], serve: undefined })
  })

  const { serve } = file
  const wrong: Record<string, [unknown, RegExp]> = {
    'a member it does not know': [{ ...file, more: 1 }, /^witness file: /],
    'no quorum': [{ witnesses: [] }, /^quorum: /],
    'a quorum that could never be met': [{ ...file, quorum: 3 }, /^quorum: more than/],
    'a group that could never be met': [{ ...file, groups: [{ quorum: 2, witnesses: [at(b)] }] }, /^quorum: more than/],
    'a witness twice': [
      { ...file, groups: [{ quorum: 1, witnesses: [at(a)] }] },
      /^witnesses: a witness appears twice/,
    ],
    'one key under two names': [
      { quorum: 1, witnesses: [at(a), at({ ...a, name: 'alias.example' })] },
      /^witnesses: a witness appears twice/,
    ],
    "a log's key for a witness": [
      { quorum: 1, witnesses: [{ key: formatVerifierKey(log), url: 'https://w.example' }] },
      /^witnesses\.0\.key: /,
    ],
    "a witness's key for a log": [
      { ...file, serve: { ...serve, logs: [{ origin: 'x', keys: [formatWitnessKey(a)] }] } },
      /^serve\.logs\.0\.keys\.0: /,
    ],
    'an address that is none': [{ quorum: 1, witnesses: [{ ...at(a), url: 'w.example' }] }, /^witnesses\.0\.url: /],
    'an address of another kind': [
      { quorum: 1, witnesses: [{ ...at(a), url: 'file:///x' }] },
      /^witnesses\.0\.url: expected an http/,
    ],
    'an address with a slash at its end': [
      { quorum: 1, witnesses: [{ ...at(a), url: 'https://w.example/' }] },
      /^witnesses\.0\.url: expected no slash/,
    ],
    'an address with a query': [
      { quorum: 1, witnesses: [{ ...at(a), url: 'https://w.example/?a=b' }] },
      /^witnesses\.0\.url: expected no slash/,
    ],
    'an origin of two lines': [
      { ...file, serve: { ...serve, logs: [{ ...serve.logs[0], origin: 'a\nb' }] } },
      /^serve\.logs\.0\.origin: expected one line/,
    ],
    'an origin twice': [
      { ...file, serve: { ...serve, logs: [serve.logs[0], serve.logs[0]] } },
      /^serve\.logs: an origin appears twice/,
    ],
    'a log without a key': [
      { ...file, serve: { ...serve, logs: [{ origin: 'x', keys: [] }] } },
      /^serve\.logs\.0\.keys: /,
    ],
    'a name with a space': [{ ...file, serve: { ...serve, name: 'a b' } }, /^serve\.name: expected a name/],
  }
  for (const [what, [bad, why]] of Object.entries(wrong)) {
    it(`with ${what} is refused, naming the place`, () => {
      expect(() => parse(bad)).to.throw(SyntaxError, why)
    })
  }

  it('takes neither the key of the log nor a witness of it for this node’s own', () => {
    const parsed = parse(file)
    expect(() => checkWitnessKey({ ...log, name: 'me' }, log, parsed)).to.throw(SyntaxError, /key of the log/)
    expect(() => checkWitnessKey({ ...b, name: 'me' }, log, parsed)).to.throw(SyntaxError, /among its witnesses/)
    checkWitnessKey(makeKey('me'), log, parsed)
  })
})
