import { expect } from 'chai'
import { awaiting, gatherOne } from '../../certs/evidence/gather.ts'
import type { Sources } from '../../certs/evidence/sources.ts'
import {
  claimWait,
  countWaiting,
  evidenceOf,
  firstWaiting,
  insertWait,
  listWaiting,
} from '../../certs/evidence/store.ts'
import { utf8 } from '../../core/bytes.ts'
import { Refusal } from '../../core/errors.ts'
import { parseCompact, signCompact } from '../../core/jws.ts'
import { typ } from '../../core/typ.ts'
import { parseOcspResponse } from '../../core/x509/ocsp.ts'
import { parseTimestampToken } from '../../core/x509/timestamp.ts'
import { checkTimestamp } from '../../core/x509/timestamp-check.ts'
import { webcryptoVerify } from '../../core/x509/webcrypto.ts'
import { asNode, asOrganization } from '../../db/database.ts'
import { release } from '../../exchange/releases/release.ts'
import { openScene } from '../exchange/scene.ts'
import {
  makeOpensslAuthority,
  type OpensslAuthority,
  type OpensslService,
  serveOpenssl,
} from '../support/openssl-authority.ts'
import type { Party } from '../support/parties.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

describe('evidence about signatures', () => {
  let server: TestServer
  let party: Party
  let authority: OpensslAuthority
  let tsa: OpensslService
  let sources: Sources
  let skew = 0
  before(async function () {
    this.timeout(60_000)
    server = await startTestServer()
    party = await server.party('bank')
    await server.client(party).json('GET', '/api/v1/keys')
    authority = await makeOpensslAuthority()
    tsa = await serveOpenssl(authority)
    sources = {
      tsa: { url: `${tsa.url}/tsa`, anchors: [{ certificate: authority.root, crl: 'none' }] },
      anchors: server.pki.anchors.map(anchor => ({ ...anchor, ocsp: `${server.url}/pki/ocsp` })),
      verify: webcryptoVerify,
      fetch,
      now: () => new Date(Date.now() + skew),
    }
  })
  after(async () => {
    await tsa.stop()
    await authority.remove()
    await server.stop()
  })
  beforeEach(() => {
    skew = 0
    tsa.down = false
  })

  let turn = 0
  const log = async (by: Sources = sources) => {
    const payload = utf8(JSON.stringify({ turn: ++turn }))
    const text = await signCompact({ typ: typ.document, key: party.key, x5c: party.chain, payload })
    const submission = { type: 'document' as const, org: party.uscc, parties: [party.uscc], body: utf8(text) }
    const { index } = await server.ledger.append(awaiting(by, submission))
    return { index, text }
  }
  const waiting = (index: bigint) => asNode(server.db, tx => firstWaiting(tx, [index]))
  const held = (index: bigint) => asNode(server.db, tx => evidenceOf(tx, [index]))

  it('is waited for from the moment a record is logged, and kept when it is there', async () => {
    const { index, text } = await log()
    expect(await waiting(index)).to.equal(index)
    expect(await gatherOne(server.db, sources)).to.equal(true)
    expect(await waiting(index)).to.equal(undefined)
    const { tokens, answers } = await held(index)
    expect(tokens).to.have.length(1)
    const jws = parseCompact(text)
    const trust = { anchors: sources.tsa!.anchors, verify: webcryptoVerify }
    expect(jws.ok && (await checkTimestamp(parseTimestampToken(tokens[0]!), jws.signature, trust))).to.include({
      ok: true,
    })
    expect(answers.map(der => parseOcspResponse(der).statuses[0]?.status)).to.deep.equal(['good', 'good'])
    expect(await gatherOne(server.db, sources)).to.equal(false)
  })

  it('is not waited for where nobody is asked', async () => {
    const { index } = await log({ ...sources, tsa: undefined, anchors: server.pki.anchors })
    expect(await waiting(index)).to.equal(undefined)
  })

  it('waits while the authority is down, says why, is tried later and later, and completes', async () => {
    tsa.down = true
    const { index } = await log()
    expect(await gatherOne(server.db, sources)).to.equal(true)
    const shown = await asOrganization(server.db, party.uscc, tx => listWaiting(tx, -1n, 10))
    expect(shown.map(it => it.index)).to.deep.equal([index])
    expect(shown[0]).to.include({ type: 'document', attempts: 1 })
    expect(shown[0]?.trouble).to.match(/answered 503/)
    expect(await gatherOne(server.db, sources), 'not before its time').to.equal(false)
    skew = 3_000
    expect(await gatherOne(server.db, sources)).to.equal(true)
    const [again] = await asNode(server.db, tx => listWaiting(tx, -1n, 10))
    expect(again?.attempts).to.equal(2)
    expect((again?.dueAt.getTime() ?? 0) - Date.now() - skew).to.be.greaterThan(2_000)
    expect(await asNode(server.db, countWaiting)).to.equal(1)
    tsa.down = false
    skew = 60_000
    await gatherOne(server.db, sources)
    expect(await waiting(index)).to.equal(undefined)
  })

  it('is gathered by another when the process that had begun was killed', async () => {
    const { index } = await log()
    const [now, until] = [new Date(), new Date(Date.now() + 120_000)]
    // As far as a process comes that is killed while it asks.
    await asNode(server.db, tx => claimWait(tx, now, until))
    expect(await gatherOne(server.db, sources)).to.equal(false)
    skew = 121_000
    expect(await gatherOne(server.db, sources)).to.equal(true)
    expect(await waiting(index)).to.equal(undefined)
  })

  it('is not settled by a token over anything else, or of another authority', async () => {
    const { index } = await log()
    const other = server.pki.anchors[0]!
    const distrusting = { ...sources, tsa: { url: `${tsa.url}/tsa`, anchors: [other] } }
    await gatherOne(server.db, distrusting)
    expect(await waiting(index)).to.equal(index)
    const [wait] = await asNode(server.db, tx => listWaiting(tx, index - 1n, 1))
    expect(wait?.trouble).to.match(/authority's certificate/)
  })

  it('is shown to those who are party to the record alone', async () => {
    const { index } = await log()
    const stranger = await server.party('carrier')
    const seen = (uscc: string) => asOrganization(server.db, uscc, tx => listWaiting(tx, index - 1n, 10))
    expect(await seen(stranger.uscc)).to.deep.equal([])
    expect(await seen(party.uscc)).to.have.length(1)
  })

  it('keeps everything from leaving until it is there', async function () {
    this.timeout(60_000)
    const scene = await openScene()
    try {
      const { application } = await scene.play()
      const index = application.records[3]!
      const parties = { org: application.seller, parties: [application.seller] }
      await asNode(scene.releases.db, tx => insertWait(tx, { index, loggedAt: new Date() }, parties))
      const asked = { id: crypto.randomUUID(), caller: scene.parties.bank.uscc, application }
      const request = { ...asked, action: 'read' as const, purpose: 'receivable-financing' as const }
      const deps = { ...scene.releases, waiting: firstWaiting }
      const refused: unknown = await release(deps, request).catch((error: unknown) => error)
      expect(refused).to.be.instanceOf(Refusal).with.property('code', 'EVIDENCE_PENDING')
    } finally {
      await scene.close()
    }
  })
})
