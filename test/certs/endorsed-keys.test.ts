import { expect } from 'chai'
import { sql } from 'kysely'
import { utf8 } from '../../core/bytes.ts'
import { Refusal } from '../../core/errors.ts'
import { signCompact } from '../../core/jws.ts'
import { typ } from '../../core/typ.ts'
import { asNode, asOrganization } from '../../db/database.ts'
import { endorse, endorsementOf, type MachineKey, makeMachineKey, type Party, toSecond } from '../support/parties.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

describe('endorsed keys', () => {
  let server: TestServer
  let seller: Party
  let hospital: Party
  let late = 0
  before(async () => {
    server = await startTestServer({ now: () => new Date(Date.now() + late) })
    seller = await server.party('distributor')
    hospital = await server.party('hospital')
  })
  after(() => server.stop())
  afterEach(() => {
    late = 0
    expect(server.faults).to.deep.equal([])
  })

  const path = '/api/v1/keys'
  const location = 'https://codes.example/414/6901234000009'
  type Shown = { key: { id: string; logIndex: string; revokedAt: string | null; kind: string }; receipt: string }
  const post = async (text: string, by = seller): Promise<Shown> => {
    const response = await server.client(by).request('POST', path, { body: text, type: 'application/jose' })
    const body = (await response.json()) as Shown & { code: 'KEY_EXISTS'; detail: string }
    if (response.status !== 201) throw new Refusal(body.code, body.detail)
    return body
  }
  const enrol = async (machine: MachineKey, more: object = {}, by = seller) =>
    post(await endorse(by, machine, more), by)
  const codeOf = async (asking: Promise<unknown>) => {
    const error: unknown = await asking.catch((reason: unknown) => reason)
    return error instanceof Refusal ? error.code : error
  }
  const list = async (by = seller, query = '') =>
    (await server.client(by).json('GET', path + query)) as { items: Shown['key'][]; next: string | null }
  const size = () => server.ledger.size()

  it('are enrolled by the certificate’s endorsement, which is logged as it came', async () => {
    const machine = await makeMachineKey()
    const more = { kind: 'device', location, steps: ['receiving'], label: '收货口 2' }
    const endorsement = endorsementOf(hospital, machine, more)
    const text = await hospital.sign(typ.keyEndorsement, endorsement)
    const { key, receipt } = await post(text, hospital)
    const { id, thumbprint, kind, uscc, label, notBefore, notAfter } = endorsement as Record<string, unknown>
    const { endorsedAt, ...shown } = key as Shown['key'] & { endorsedAt: string }
    expect(shown).to.deep.equal({
      ...{ id, thumbprint, kind, uscc, label, location, steps: ['receiving'], endorsement: text, revokedAt: null },
      notBefore: new Date(String(notBefore)).toISOString(),
      notAfter: new Date(String(notAfter)).toISOString(),
      logIndex: String((await size()) - 1n),
    })
    const { rows } = await asNode(server.db, tx =>
      sql<{ type: string; org: string; parties: string[]; body: Buffer; logged_at: Date }>`
        select * from records where index = ${key.logIndex}`.execute(tx),
    )
    expect(rows[0]).to.deep.include({ type: 'endorsement', org: hospital.uscc, parties: [hospital.uscc] })
    expect([rows[0]?.body.toString(), rows[0]?.logged_at.toISOString()]).to.deep.equal([text, endorsedAt])
    expect(receipt.split('.')).to.have.length(3)
    expect((await list(hospital)).items).to.deep.equal([key])
  })

  it('are harmlessly enrolled again by the same endorsement', async () => {
    const text = await endorse(seller, await makeMachineKey())
    const first = await post(text)
    const before = await size()
    const { key } = await post(text)
    expect([key, await size()]).to.deep.equal([first.key, before])
  })

  it('are refused when the endorsement is not by the owner’s certificate', async () => {
    const machine = await makeMachineKey()
    expect(await codeOf(post(await seller.sign(typ.keyEndorsement, endorsementOf(hospital, machine))))).to.equal(
      'SIGNER_MISMATCH',
    )
    expect(await codeOf(post(await endorse(hospital, machine), seller))).to.equal('NOT_YOURS')
    const payload = utf8('{}')
    const byItself = await signCompact({ typ: typ.keyEndorsement, key: machine.key, kid: machine.kid, payload })
    expect(await codeOf(post(byItself))).to.equal('SIGNATURE_INVALID')
    expect(await codeOf(post(await seller.sign(typ.question, endorsementOf(seller, machine))))).to.equal(
      'SIGNATURE_WRONG_ACT',
    )
  })

  it('are refused when the endorsement is not well formed, or over', async () => {
    const machine = await makeMachineKey()
    for (const wrong of [
      { kind: 'device' },
      { kind: 'api', location },
      { kind: 'device', location: 'https://codes.example/414/6901234000008' },
      { thumbprint: (await makeMachineKey()).kid },
      { notBefore: toSecond(Date.now() - 7200_000), notAfter: toSecond(Date.now() - 3600_000) },
      { jwk: { ...machine.jwk, d: machine.jwk.x } },
      { more: 1 },
    ]) {
      expect(await codeOf(enrol(machine, wrong)), JSON.stringify(wrong)).to.equal('INVALID_REQUEST')
    }
  })

  it('have one owner and one kind, except that a node acts for several', async () => {
    const machine = await makeMachineKey()
    await enrol(machine)
    const before = await size()
    expect(await codeOf(enrol(machine, {}, hospital))).to.equal('KEY_EXISTS')
    expect(await codeOf(enrol(machine, { kind: 'node' }))).to.equal('KEY_EXISTS')
    expect(await codeOf(enrol(machine, { kind: 'node' }, hospital))).to.equal('KEY_EXISTS')
    expect(await size(), 'nothing refused is logged').to.equal(before)
    const node = await makeMachineKey()
    await enrol(node, { kind: 'node' })
    await enrol(node, { kind: 'node' }, hospital)
    expect(await codeOf(enrol(node, { kind: 'api' }, await server.party('bank')))).to.equal('KEY_EXISTS')
  })

  it('are renewed by a later endorsement, which then counts alone', async () => {
    const machine = await makeMachineKey()
    const first = await enrol(machine)
    const renewed = await enrol(machine, { notAfter: toSecond(Date.now() + 30 * 24 * 3600_000) })
    const ids = (await list(seller, '?limit=200')).items.map(({ id }) => id)
    expect(ids).to.include(renewed.key.id).and.not.include(first.key.id)
    expect(await codeOf(enrol(await makeMachineKey(), { id: first.key.id })), 'an id is used once').to.equal(
      'KEY_EXISTS',
    )
  })

  it('are revoked by their owner alone, for good, and that is logged', async () => {
    const machine = await makeMachineKey()
    const { key } = await enrol(machine)
    const remove = (by: Party) => server.client(by).json('DELETE', `${path}/${machine.kid}`) as Promise<Shown>
    expect(await codeOf(remove(hospital))).to.equal('KEY_UNKNOWN')
    const before = await size()
    const revoked = await remove(seller)
    expect(revoked.key).to.deep.equal({ ...key, revokedAt: revoked.key.revokedAt })
    expect(Date.parse(revoked.key.revokedAt ?? '')).to.be.greaterThan(0)
    expect((await remove(seller)).key, 'again').to.deep.equal(revoked.key)
    expect(await size()).to.equal(before + 1n)
    expect(await codeOf(enrol(machine))).to.equal('KEY_EXISTS')
  })

  it('are listed page by page in the order of the log, to their owner alone', async () => {
    const bank = await server.party('bank', 'pages')
    const enrolled: string[] = []
    for (let i = 0; i < 5; i++) enrolled.push((await enrol(await makeMachineKey(), {}, bank)).key.id)
    const first = await list(bank, '?limit=2')
    const second = await list(bank, `?limit=2&after=${first.next}`)
    const third = await list(bank, `?limit=2&after=${second.next}`)
    expect([...first.items, ...second.items, ...third.items].map(({ id }) => id)).to.deep.equal(enrolled)
    expect(third.next).to.equal(null)
  })

  it('are hidden from other organizations by the database itself', async () => {
    await enrol(await makeMachineKey())
    const count = sql<{ uscc: string }>`select distinct uscc from keys`
    const seen = async (uscc: string) => (await asOrganization(server.db, uscc, tx => count.execute(tx))).rows
    expect(await seen(seller.uscc)).to.deep.equal([{ uscc: seller.uscc }])
    expect(await seen((await server.party('carrier')).uscc)).to.deep.equal([])
    expect((await count.execute(server.db)).rows).to.deep.equal([])
  })

  describe('of devices', () => {
    const deviceKey = (kid: string) => server.identity.deviceKey(kid)

    it('are known with owner, place as a code, and steps, for as long as they may sign', async () => {
      const device = await makeMachineKey()
      const notAfter = toSecond(Date.now() + 3600_000)
      const { key } = await enrol(device, { kind: 'device', location, notAfter }, hospital)
      const found = await deviceKey(device.kid)
      expect(found).to.deep.include({
        uscc: hospital.uscc,
        jwk: device.jwk,
        steps: undefined,
        location: 'https://id.gs1.org/414/6901234000009',
      })
      expect(found?.logIndex).to.equal(BigInt(key.logIndex))
      late = 3601_000
      expect(await deviceKey(device.kid)).to.equal(undefined)
    })

    it('are unknown before their period, once revoked, or when they are no devices', async () => {
      const early = await makeMachineKey()
      await enrol(early, { kind: 'device', location, notBefore: toSecond(Date.now() + 60_000) }, hospital)
      expect(await deviceKey(early.kid)).to.equal(undefined)
      late = 61_000
      expect(await deviceKey(early.kid)).to.not.equal(undefined)
      await server.client(hospital).json('DELETE', `${path}/${early.kid}`)
      expect(await deviceKey(early.kid)).to.equal(undefined)
      const api = await makeMachineKey()
      await enrol(api)
      expect(await deviceKey(api.kid)).to.equal(undefined)
    })
  })
})
