import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import express from 'express'
import { pino } from 'pino'
import { mount } from '../../api/http/mount.ts'
import { answerErrors } from '../../api/http/problem.ts'
import type { Authorization } from '../../core/authorization.ts'
import { canonicalText } from '../../core/canonical.ts'
import { verifyBundle } from '../../core/verify/bundle.ts'
import { routes as authorizationRoutes } from '../../exchange/authorizations/routes.ts'
import { routes as releaseRoutes } from '../../exchange/releases/routes.ts'
import { agreementOf, countersignAuthorization, type Party, signAct, signAuthorization } from './parties.ts'
import { type Case, openScene, type Scene } from './scene.ts'

describe('authorizations and releases over HTTP', () => {
  let scene: Scene
  let server: Server
  let address: string
  const cases: Case[] = []

  before(async function () {
    this.timeout(60_000)
    scene = await openScene()
    const { seller, bank, otherBank, hospital } = scene.parties
    const callers = new Map([seller, bank, otherBank, hospital].map(({ caller }) => [caller.uscc, caller]))
    const app = express()
    const all = [
      ...authorizationRoutes(scene.authorizations),
      ...releaseRoutes({
        ...scene.releases,
        applicationMaterial: async (_tx, id) => cases.find(({ application }) => application.id === id)?.application,
      }),
    ]
    mount(app, all, async ({ header }) => callers.get(header('x-party') as never)!)
    app.use(answerErrors(pino({ enabled: false })))
    server = app.listen(0, '127.0.0.1')
    await new Promise(done => server.once('listening', done))
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(async () => {
    server.closeAllConnections()
    await new Promise(done => server.close(done))
    await scene.close()
  })

  type Reply = { status: number; text: string; json: Record<string, unknown> }
  const ask = async (party: Party, path: string, type?: string, body?: string): Promise<Reply> => {
    const headers = { 'x-party': party.uscc, ...(type === undefined ? {} : { 'content-type': type }) }
    const request = body === undefined ? { headers } : { method: 'POST', headers, body }
    const response = await fetch(`${address}/api/v1/${path}`, request)
    const text = await response.text()
    return { status: response.status, text, json: JSON.parse(text) }
  }
  const json = 'application/json'
  const jose = 'application/jose+json'

  it('go from draft to revocation', async () => {
    const { seller, bank, otherBank } = scene.parties
    const { agreement, ...terms } = agreementOf(scene.parties)
    const { hash, ...shown } = agreement
    const draft = await ask(seller, 'authorization-drafts', json, JSON.stringify({ ...terms, agreement: shown }))
    expect(draft.status).to.equal(201)
    expect(draft.json).to.include({ state: 'draft' })
    expect(draft.json.text).to.include('数据授权协议')
    const payload = canonicalText(draft.json.payload)
    expect(payload).to.include(hash)

    const signed = await signAuthorization(draft.json.payload as Authorization, seller)
    const submitted = await ask(seller, 'authorizations', jose, signed)
    expect([submitted.status, submitted.json.state, submitted.json.signed]).to.deep.equal([201, 'signed', signed])
    const path = `authorizations/${terms.id}`
    const both = await countersignAuthorization(signed, bank)
    expect((await ask(otherBank, `${path}/countersignature`, jose, both)).json.code).to.equal('AUTHORIZATION_UNKNOWN')
    const inForce = await ask(bank, `${path}/countersignature`, jose, both)
    expect([inForce.status, inForce.json.state]).to.deep.equal([200, 'active'])
    expect((inForce.json.moves as unknown[]).length).to.equal(3)

    const listed = await ask(bank, 'authorizations?state=active&limit=1')
    expect((listed.json.authorizations as { id: string }[]).map(({ id }) => id)).to.deep.equal([terms.id])
    expect((await ask(otherBank, path)).json.code).to.equal('AUTHORIZATION_UNKNOWN')

    const suspension = await signAct('suspend', terms.id, seller)
    expect((await ask(seller, `${path}/suspension`, 'application/jose', suspension)).json.state).to.equal('suspended')
    const revocation = await signAct('revoke', terms.id, bank)
    expect((await ask(bank, `${path}/revocation`, 'application/jose', revocation)).json.state).to.equal('revoked')
    expect((await ask(bank, `${path}/revocation`, 'application/jose', revocation)).status).to.equal(409)
  })

  it('give the bank a file that verifies as it comes, and everybody concerned the record of it', async () => {
    const it = await scene.play()
    cases.push(it)
    await scene.anchor()
    const { seller, bank, otherBank, hospital } = scene.parties
    const body = JSON.stringify({ jti: crypto.randomUUID(), application: it.application.id })
    const pulled = await ask(bank, 'releases', json, body)
    expect(pulled.status).to.equal(200)
    const { verdict } = await verifyBundle(pulled.text, { trust: scene.trust, at: scene.clock.now })
    expect(verdict).to.equal('verified')

    const denied = await ask(
      otherBank,
      'releases',
      json,
      body.replace(/"jti":"[^"]*"/, `"jti":"${crypto.randomUUID()}"`),
    )
    expect([denied.status, denied.json.code]).to.deep.equal([403, 'AUTHORIZATION_REQUIRED'])
    expect(
      (
        await ask(
          bank,
          'releases',
          json,
          JSON.stringify({ jti: crypto.randomUUID(), application: crypto.randomUUID() }),
        )
      ).status,
    ).to.equal(404)

    for (const party of [seller, bank, hospital]) {
      const { releases } = (await ask(party, `releases?authorization=${it.authorization.id}`)).json
      expect(releases).to.have.length(1)
    }
    expect((await ask(otherBank, 'releases')).json.releases).to.deep.equal([])
    const { denials } = (await ask(seller, 'denials')).json as { denials: { code: string; caller: string }[] }
    expect(denials[0]).to.include({ code: 'AUTHORIZATION_REQUIRED', caller: otherBank.uscc })
    expect((await ask(hospital, 'denials')).json.denials).to.deep.equal([])
  })

  it('page through their lists', async () => {
    const { bank } = scene.parties
    const it = cases[0]!
    for (const _ of [1, 2])
      await ask(bank, 'releases', json, JSON.stringify({ jti: crypto.randomUUID(), application: it.application.id }))
    const first = (await ask(bank, 'releases?limit=2')).json as { releases: { index: string }[]; next: string }
    const rest = (await ask(bank, `releases?limit=2&before=${first.next}`)).json as { releases: { index: string }[] }
    const indexes = [...first.releases, ...rest.releases].map(({ index }) => BigInt(index))
    expect(indexes).to.have.length(3)
    expect(indexes).to.deep.equal(indexes.toSorted((a, b) => (a > b ? -1 : 1)))
    expect((await ask(bank, 'authorizations?cursor=made-up')).json.code).to.equal('INVALID_REQUEST')
  })
})
