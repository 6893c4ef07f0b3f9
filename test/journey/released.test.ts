import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { sha256 } from '#sha256'
import { withAgreementHash } from '../../core/authorization/agreement.ts'
import type { Authorization, AuthorizationTerms } from '../../core/authorization.ts'
import { parseBundle } from '../../core/bundle.ts'
import { base64url } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import type { DocumentClaims } from '../../core/document.ts'
import { gs1 } from '../../core/identifier/code.ts'
import { makeGdti } from '../../core/identifier/make.ts'
import { countersign, signGeneral } from '../../core/jws-general.ts'
import { parseCurrency } from '../../core/money.ts'
import { joinSdJwt, parseSdJwt, type SdJwt } from '../../core/sd-jwt.ts'
import { nextPlace } from '../../core/statement-client.ts'
import { typ } from '../../core/typ.ts'
import { verifyBundle } from '../../core/verify/bundle.ts'
import type { DocumentItem } from '../../receivables/documents/contract.ts'
import { type Actor, instant, nonce, register, send } from '../../scripts/sample/actor.ts'
import { silent } from '../../scripts/sample/live.ts'
import { apply, report } from '../../scripts/sample/money.ts'
import { demoNodes } from '../../scripts/start/world.ts'
import { refusalOf, useWorld } from './world.ts'

describe('what leaves for a bank', function () {
  this.timeout(60_000)
  const world = useWorld()

  /** Claims that are part of every presentation (core/document.ts, hideClaim). */
  const always = ['iss', 'iat', 'kind', 'code', 'number', 'version', 'parties']
  const resourceOf = {
    order: 'order',
    despatch: 'delivery',
    receipt: 'delivery',
    invoice: 'invoice',
    consumption: 'delivery',
    'credit-note': 'invoice',
    statement: 'invoice',
    payment: 'invoice',
    query: 'invoice',
  }

  const documentsIn = (bundle: string): SdJwt[] =>
    parseBundle(bundle).records.flatMap(({ type, body, disclosures = [] }) => {
      if (type !== 'document') return []
      const parsed = parseSdJwt(joinSdJwt(body, disclosures))
      if (!parsed.ok) throw new Error(parsed.detail)
      return [parsed]
    })
  const permits = (fields: readonly string[], path: readonly string[]) =>
    fields.includes('*') ||
    fields.includes(path[0] ?? '') ||
    fields.includes(path.join('.')) ||
    // An element that holds a permitted field has to be opened to reach it.
    (path.length === 1 && fields.some(field => field.startsWith(`${path[0]}.`)))
  /** Every document shows all that was agreed for its kind and nothing else. */
  const mustShowExactly = async (bundle: string, payload: Authorization): Promise<number> => {
    const whole = new Map(
      (await world().all<DocumentItem>('distributor', '/api/v1/documents')).map(it => [`${it.code} ${it.version}`, it]),
    )
    const shown = documentsIn(bundle)
    let kept = 0
    for (const { claims, disclosures } of shown) {
      const { code, version, kind } = claims as DocumentClaims
      const { fields = [] } = payload.resources.find(it => it.type === resourceOf[kind]) ?? {}
      const full = parseSdJwt(whole.get(`${code} ${version}`)?.sdJwt ?? '')
      if (!full.ok) throw new Error(full.detail)
      const [may, mayNot] = [
        full.disclosures.filter(({ path }) => permits(fields, path)),
        full.disclosures.filter(({ path }) => !permits(fields, path)),
      ]
      expect(disclosures.map(it => it.text).sort(), code).to.deep.equal(may.map(it => it.text).sort())
      for (const { text, path } of mayNot) expect(bundle.includes(text), `${code} ${path.join('.')}`).to.equal(false)
      for (const name of Object.keys(claims)) {
        expect(always.includes(name) || permits(fields, [name]), `${code} shows ${name}`).to.equal(true)
      }
      kept += mayNot.length
    }
    return kept
  }
  const bundleOf = async (actor: Actor, id: string): Promise<string> =>
    (await actor.client.request('GET', `/api/v1/reports/${id}/bundle`)).text()

  it('went exactly the fields that were agreed, in every bundle', async () => {
    const bank = await world().actor('bank')
    const { authorizations } = await world().read<{ authorizations: { payload: Authorization }[] }>(
      'bank',
      '/api/v1/authorizations?state=active',
    )
    const [agreed] = authorizations
    if (!agreed) throw new Error('no authorization')
    const reports = await world().all<{ id: string }>('bank', '/api/v1/reports')
    expect(reports).to.have.length.of.at.least(7)
    let kept = 0
    for (const { id } of reports) kept += await mustShowExactly(await bundleOf(bank, id), agreed.payload)
    // Something was held back, or the comparison could not fail.
    expect(kept).to.be.greaterThan(0)
  })

  it('went nothing of another supplier of the same hospital, with whose invoices nobody else applies', async () => {
    const [distributor, bank] = [await world().actor('distributor'), await world().actor('bank')]
    const { uscc } = await world().actor('wholesaler')
    const theirs = (await world().all<DocumentItem>('wholesaler', '/api/v1/documents?kind=invoice')).find(
      ({ claims }) => claims.parties.buyer === demoNodes.hospital.operator.uscc,
    )
    if (theirs?.claims.kind !== 'invoice') throw new Error('the wholesaler has billed the hospital nothing')
    const { code, commitment, index, claims } = theirs
    const { authorizations } = await world().read<{ authorizations: { payload: Authorization }[] }>(
      'bank',
      '/api/v1/authorizations?state=active',
    )
    const agreed = authorizations[0]?.payload.id ?? ''
    const facts = { ...claims, gross: claims.gross }
    const attempt = apply(
      distributor,
      bank,
      agreed,
      { code, commitment, index, number: claims.number },
      facts,
      '暗保理',
    )
    expect(await refusalOf(attempt)).to.equal('DOCUMENT_UNKNOWN')
    for (const { id } of await world().all<{ id: string }>('bank', '/api/v1/reports')) {
      expect((await bundleOf(bank, id)).includes(uscc), id).to.equal(false)
    }
  })

  it('goes no amount, line or account where only date and order were agreed', async () => {
    const [distributor, hospital] = [await world().actor('distributor'), await world().actor('hospital')]
    const bank = await world().actor('otherBank')
    const [despatch] = (await world().all<DocumentItem>('distributor', '/api/v1/documents?kind=despatch')).filter(
      it => it.number === `DN-${silent.orderNumber}`,
    )
    if (despatch?.claims.kind !== 'despatch') throw new Error('no despatch')
    const number = '26442000000000000778'
    const facts = {
      number,
      issueDate: instant().slice(0, 10),
      gross: '11300',
      currency: parseCurrency('CNY'),
      parties: { seller: distributor.uscc, buyer: hospital.uscc },
    }
    const payee = base64url(sha256(canonical({ bank: 'ICBC', account: '6222000000000000001' })))
    const [line] = despatch.claims.lines
    if (!line) throw new Error('no line')
    const invoice = await register(distributor, {
      ...facts,
      kind: 'invoice',
      version: 1,
      code: gs1('253', makeGdti('6901234', '3', number.slice(-17))).text,
      order: despatch.claims.order,
      net: '10000',
      tax: '1300',
      lines: [
        {
          id: '1',
          orderLine: '1',
          item: line.item,
          quantity: '1',
          unit: 'C62',
          unitPrice: '100',
          taxRate: '0.13',
          net: '10000',
        },
      ],
      dueDate: '2030-01-31',
      payee,
    })
    const narrow = { order: ['issueDate'], delivery: ['issueDate', 'order'], invoice: ['issueDate', 'order'] }
    const payload = await agree(distributor, hospital, bank, narrow)
    const applied = await apply(distributor, bank, payload.id, invoice, facts, '暗保理')
    const { id } = await report(bank, applied)
    const bundle = await bundleOf(bank, id)
    const shown = documentsIn(bundle).find(it => it.claims.number === number)
    expect(Object.keys(shown?.claims ?? {}).sort()).to.deep.equal([...always, 'issueDate', 'order'].sort())
    expect(await mustShowExactly(bundle, payload)).to.be.greaterThan(10)
    expect(bundle).not.to.include(payee)
    // Little as it shows, an auditor can check it.
    const { verdict, steps } = await verifyBundle(bundle, { trust: await world().trusted() })
    expect(verdict, JSON.stringify(steps.filter(it => it.outcome === 'false'))).to.equal('verified')
    const types = new Set(parseBundle(bundle).records.map(it => it.type))
    // Scans and answers were not agreed upon at all.
    expect([...types]).not.to.include.members(['event'])
    expect([...types]).not.to.include.members(['confirmation'])
  })

  async function agree(
    subject: Actor,
    hospital: Actor,
    bank: Actor,
    fields: Readonly<Record<'order' | 'delivery' | 'invoice', readonly string[]>>,
  ): Promise<Authorization> {
    const now = Date.now()
    const id = randomUUID()
    const named = async ({ uscc, chain, client }: Actor) => {
      const { name } = (await client.json('GET', `/api/v1/organizations/${uscc}`)) as { name: string }
      return { uscc, name, certificate: base64url(sha256(chain[0] ?? new Uint8Array())) }
    }
    const terms: AuthorizationTerms = {
      id,
      version: 1,
      type: 'trade-data-authorization',
      agreement: { mediaType: 'text/plain;charset=utf-8', language: 'zh-CN', template: 'data-authorization/1' },
      subject: await named(subject),
      grantee: await named(bank),
      holders: [{ uscc: subject.uscc, role: 'distributor', node: subject.node }],
      purpose: { code: 'receivable-financing' },
      resources: Object.entries(fields).map(([type, shown]) => ({
        type: type as keyof typeof fields,
        selector: { from: '2020-01-01', to: '2035-12-31', hospital: hospital.uscc },
        fields: [...shown],
        maxRecords: 10_000,
      })),
      actions: ['read'],
      notBefore: instant(new Date(now - 60_000)),
      notAfter: instant(new Date(now + 86_400_000)),
      maxUses: 10,
      maxReleasesPerDay: 10,
      onwardSharing: false,
      retentionUntil: instant(new Date(now + 86_400_000)),
      revocation: `${subject.node}/api/v1/authorizations/${id}/revocation`,
      nonce: nonce(),
      createdAt: instant(new Date(now)),
    }
    const payload = withAgreementHash(terms)
    const signing = async ({ key, chain, client }: Actor) => ({
      ...{ typ: typ.authorization, key, x5c: chain },
      place: await nextPlace(client, typ.authorization, payload),
    })
    const signed = await signGeneral(canonical(payload), await signing(subject))
    const type = 'application/jose+json'
    await send(subject, 'POST', '/api/v1/authorizations', signed, type)
    const both = await countersign(signed, await signing(bank))
    await send(bank, 'POST', `/api/v1/authorizations/${id}/countersignature`, both, type)
    return payload
  }
})
