import { join } from 'node:path'
import { expect } from 'chai'
import { parseBundle } from '../../core/bundle.ts'
import { canonical } from '../../core/canonical.ts'
import { gs1 } from '../../core/identifier/code.ts'
import { makeGdti, makeGtin } from '../../core/identifier/make.ts'
import { parseCompact, signCompact } from '../../core/jws.ts'
import type { Currency } from '../../core/money.ts'
import { typ } from '../../core/typ.ts'
import { makeUscc } from '../../core/uscc.ts'
import { verifyBundle } from '../../core/verify/bundle.ts'
import { parseCertificate } from '../../core/x509/certificate.ts'
import { createClient } from '../../scripts/client/client.ts'
import { type Actor, actorOf, get, post, register, send, sign } from '../../scripts/sample/actor.ts'
import type { Cast } from '../../scripts/sample/cast.ts'
import { answer, apply, ask, authorize, decide, markFinanced, report } from '../../scripts/sample/money.ts'
import { openParty } from '../../scripts/start/operator.ts'
import { newFolder, tallystick } from '../scripts/running.ts'
import { endorsementOf, makeMachineKey } from '../support/parties.ts'
import { refusalOf, useWorld } from './world.ts'

const prefix = '6907788'
const cny = 'CNY' as Currency
const today = new Date().toISOString().slice(0, 10)
const code = (type: string, number: string) => gs1('253', makeGdti(prefix, type, number)).text

describe('organizations whose only certificates are SM2, at a node of everybody', function () {
  this.timeout(90_000)
  const world = useWorld()
  let seller: Actor
  let hospital: Actor
  let bank: Actor

  const enrol = async (uscc: string, name: string, role: string): Promise<Actor> => {
    const folder = join(await newFolder(), role)
    const operator = join(world().dataDir, 'parties', 'market-operator')
    const args = ['org', 'add', uscc, name, '--role', role, '--suite', 'sm2', '--keys', folder]
    const { code, error } = await tallystick([...args, '--as', operator, '--node', world().market])
    expect(code, error.join()).to.equal(0)
    return actorOf(await openParty(folder, uscc, name), world().market)
  }

  before(async () => {
    seller = await enrol(makeUscc('91310000MA1Y70001'), '国密流通企业', 'distributor')
    hospital = await enrol(makeUscc('12310000425Y70002'), '国密医院', 'hospital')
    bank = await enrol(makeUscc('91310000607Y70003'), '国密银行', 'bank')
    await post(await world().actor('operator'), '/api/v1/identifiers/prefixes', { prefix, uscc: seller.uscc })
  })

  it('sign in with the certificate, and with an ES256 key that it endorsed', async () => {
    const [leaf = new Uint8Array()] = seller.chain
    expect(parseCertificate(leaf).publicKey.type).to.equal('SM2')
    const machine = await makeMachineKey()
    const kid = createClient({ baseUrl: world().market, uscc: seller.uscc, key: machine.key, kid: machine.kid })
    const own = `/api/v1/organizations/${seller.uscc}`
    expect(await refusalOf(kid.json('GET', own))).to.equal('ASSERTION_INVALID')
    const endorsement = await sign(seller, typ.keyEndorsement, endorsementOf(seller, machine))
    expect(parseCompact(endorsement)).to.have.nested.property('header.alg', 'SM2-CMS')
    await send(seller, 'POST', '/api/v1/keys', endorsement)
    expect(await kid.json('GET', own)).to.include({ uscc: seller.uscc })
  })

  it('take a case from the order to the mark, every act under SM2, and its bundle verifies', async () => {
    const goods = { item: gs1('01', makeGtin(prefix, 1)).text, quantity: '10', unit: 'C62' }
    const priced = { unitPrice: '100', taxRate: '0.13' }
    const common = { version: 1, parties: { seller: seller.uscc, buyer: hospital.uscc }, issueDate: today }
    const order = await register(seller, {
      ...common,
      kind: 'order',
      code: code('1', 'SM2'),
      number: 'SM2-1',
      currency: cny,
      lines: [{ id: '1', ...goods, ...priced, description: '国密支架' }],
      paymentTerm: { days: 30, from: 'acceptance' },
    })
    const facts = {
      ...common,
      kind: 'invoice' as const,
      code: code('3', 'SM2'),
      number: '26312000000000007788',
      order: order.code,
      currency: cny,
      net: '100000',
      tax: '13000',
      gross: '113000',
      lines: [{ id: '1', orderLine: '1', ...goods, ...priced, net: '100000' }],
    }
    const invoice = await register(seller, facts)
    await ask(seller, invoice, facts)
    await answer(hospital, invoice, facts, 'AP')
    const authorization = await authorize({ distributor: seller, hospital } as unknown as Cast, bank)
    const application = await apply(seller, bank, authorization, invoice, facts, '明保理')
    const made = await report(bank, application)
    await decide(bank, application, made, 'approved', '国密')
    const line = { order: order.code, line: '1', quantity: '10', accepted: '10', serials: [] }
    await markFinanced(seller, bank, application, line)

    const response = await bank.client.request('GET', `/api/v1/reports/${made.id}/bundle`)
    const file = await response.text()
    const bundle = parseBundle(file)
    const acts = bundle.records.flatMap(({ body }) => {
      const jws = parseCompact(body.split('~')[0] ?? '')
      return jws.ok ? [`${jws.header.typ} ${jws.header.alg}`] : []
    })
    expect(acts).to.include.members([
      `${typ.document} SM2-CMS`,
      `${typ.question} SM2-CMS`,
      `${typ.confirmation} SM2-CMS`,
      `${typ.application} SM2-CMS`,
    ])
    const { verdict, steps } = await verifyBundle(file, { trust: await world().trusted() })
    expect(steps.filter(({ outcome }) => outcome === 'false')).to.deep.equal([])
    expect(verdict).to.not.equal('false')
    const { state } = await get<{ state: string }>(bank, `/api/v1/authorizations/${authorization}`)
    expect(state).to.equal('active')
  })

  it('have no act taken for another, nor another’s SM2 signature for theirs', async () => {
    const machine = await makeMachineKey()
    const payload = canonical(endorsementOf(seller, machine))
    const asOther = await signCompact({ typ: typ.policy, payload, key: seller.key, x5c: seller.chain })
    expect(await refusalOf(send(seller, 'POST', '/api/v1/keys', asOther))).to.equal('SIGNATURE_WRONG_ACT')
    // The hospital's key under the seller's certificate.
    const forged = await signCompact({ typ: typ.keyEndorsement, payload, key: hospital.key, x5c: seller.chain })
    expect(await refusalOf(send(seller, 'POST', '/api/v1/keys', forged))).to.equal('SIGNATURE_INVALID')
  })
})
