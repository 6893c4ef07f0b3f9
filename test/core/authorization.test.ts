import { expect } from 'chai'
import fc from 'fast-check'
import { agreementText, showsWhatWasSigned } from '../../core/authorization/agreement.ts'
import { type Authorization, parseAuthorization } from '../../core/authorization.ts'
import { utf8 } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import { id, payload, seller, terms } from './authorization/example.ts'

describe('the payload of an authorization', () => {
  it('is read from its canonical bytes', () => {
    expect(parseAuthorization(canonical(payload))).to.deep.equal(payload)
  })

  it('has no second spelling', () => {
    expect(() => parseAuthorization(utf8(JSON.stringify(payload, null, 1)))).to.throw(SyntaxError, 'RFC 8785')
  })

  const refused: Record<string, unknown> = {
    'a member that nothing looks at': { ...payload, extra: 1 },
    'onward sharing': { ...payload, onwardSharing: true },
    'an unknown purpose': { ...payload, purpose: { code: 'marketing' } },
    'ids and a selector at once': withResource({ ids: [id('b')] }),
    'neither ids nor a selector': { ...payload, resources: [{ type: 'invoice', fields: ['*'], maxRecords: 1 }] },
    'more ids than maxRecords': {
      ...payload,
      resources: [{ type: 'invoice', ids: [id('a'), id('b')], fields: ['*'], maxRecords: 1 }],
    },
    'one id twice': {
      ...payload,
      resources: [{ type: 'invoice', ids: [id('a'), id('a')], fields: ['*'], maxRecords: 2 }],
    },
    'a part of a scan': {
      ...payload,
      resources: [{ type: 'scan', ids: [id('a')], fields: ['eventTime'], maxRecords: 1 }],
    },
    'an open selector by a date that is hidden': withResource({
      selector: { ...payload.resources[1]!.selector, open: true },
      fields: ['lines'],
    }),
    'an end at its beginning': { ...payload, notAfter: payload.notBefore },
    'data deleted before the end': { ...payload, retentionUntil: '2026-05-31T23:59:59Z' },
    'a supplier that is its own bank': { ...payload, grantee: { ...payload.grantee, uscc: seller } },
    'a time of another zone': { ...payload, notBefore: '2026-03-01T00:00:00+08:00' },
    'a line break in a name': { ...payload, subject: { ...payload.subject, name: 'A\n用途：任何' } },
    'a direction mark in a name': { ...payload, subject: { ...payload.subject, name: 'A\u202Eknab' } },
    'a thumbprint that is too short': { ...payload, subject: { ...payload.subject, certificate: 'AAAA' } },
    'a certificate and a CA': { ...payload, grantee: { ...payload.grantee, ca: payload.subject.certificate } },
    'no use at all': { ...payload, maxUses: 0 },
  }
  for (const [what, value] of Object.entries(refused)) {
    it(`refuses ${what}`, () => {
      expect(() => parseAuthorization(canonical(value))).to.throw(SyntaxError)
    })
  }

  it('takes a CA in place of one certificate', () => {
    const { certificate, ...grantee } = payload.grantee as Extract<Authorization['grantee'], { certificate: string }>
    const byCa = { ...payload, grantee: { ...grantee, ca: certificate } }
    expect(parseAuthorization(canonical(byCa))).to.deep.equal(byCa)
  })

  function withResource(members: object) {
    return { ...payload, resources: [{ ...payload.resources[1], ...members }] }
  }
})

describe('the text of an authorization', () => {
  it('is the one whose hash is signed, in both languages', () => {
    expect(showsWhatWasSigned(payload)).to.equal(true)
    const english = { ...terms, agreement: { ...terms.agreement, language: 'en' as const } }
    expect(agreementText(english)).to.include('Purpose: review of receivables for financing').and.not.include('授权人')
    expect(showsWhatWasSigned({ ...english, agreement: { ...payload.agreement, language: 'en' } })).to.equal(false)
  })

  it('names the parties, the records, the limits and the end', () => {
    const text = agreementText(terms)
    for (const word of [
      '上海示例医疗器械有限公司',
      '示例银行',
      id('a'),
      '2026-03-01 至 2026-03-31',
      '含后续记录',
      'lines.quantity',
      '最多提供 3 次',
      '2026-06-01T00:00:00Z',
      'APP-1',
    ]) {
      expect(text).to.include(word)
    }
  })

  it('changes with every member of the payload', () => {
    const leaves = [...leavesOf(payload, [])].filter(path => !['agreement.hash', 'type'].includes(path.join('.')))
    const fixed = new Set(['version', 'onwardSharing', 'agreement.mediaType', 'agreement.template'])
    fc.assert(
      fc.property(fc.constantFrom(...leaves), path => {
        const changed = change(payload, path)
        if (fixed.has(path.join('.')) || changed === undefined) return
        expect(showsWhatWasSigned(changed), path.join('.')).to.equal(false)
      }),
      { numRuns: 300 },
    )
  })
})

function* leavesOf(value: unknown, path: readonly string[]): Generator<readonly string[]> {
  if (typeof value !== 'object' || value === null) yield path
  else for (const [name, member] of Object.entries(value)) yield* leavesOf(member, [...path, name])
}

/** Another value of the same form, or undefined where the form leaves no other. */
function change(of: Authorization, path: readonly string[]): Authorization | undefined {
  const copy = structuredClone(of)
  let at = copy as unknown as Record<string, unknown>
  for (const name of path.slice(0, -1)) at = at[name] as Record<string, unknown>
  const last = path.at(-1)!
  const old = at[last]
  if (typeof old === 'number') at[last] = old + 1
  else if (old === true) delete at[last]
  else if (typeof old === 'string') at[last] = alternatives[old] ?? old.replace(/[0-9a-zA-Z](?=[^0-9a-zA-Z]*$)/, flip)
  else return undefined
  return copy
}

const alternatives: Record<string, string> = {
  'zh-CN': 'en',
  'receivable-financing': 'post-financing-monitoring',
  distributor: 'carrier',
  read: 'push',
  invoice: 'order',
  delivery: 'order',
  scan: 'confirmation',
  '*': 'issueDate',
  示例银行: '另一银行',
  上海示例医疗器械有限公司: '上海另一医疗器械有限公司',
}

const flip = (character: string): string => (character === '1' ? '2' : '1')
