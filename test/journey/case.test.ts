import { expect } from 'chai'
import { fromBase64url, hex, utf8 } from '../../core/bytes.ts'
import { commitment, entryOf, leafOf } from '../../core/entry.ts'
import { verifyWithChain } from '../../core/jws-chain.ts'
import { parseSdJwt } from '../../core/sd-jwt.ts'
import { verifyTlogProof } from '../../core/tlog-proof.ts'
import { typ } from '../../core/typ.ts'
import { parseCrl } from '../../core/x509/crl.ts'
import { webcryptoVerify } from '../../core/x509/webcrypto.ts'
import type { QuestionItem } from '../../receivables/confirmations/contract.ts'
import type { DocumentItem } from '../../receivables/documents/contract.ts'
import { clean, oasis, short, silent } from '../../scripts/sample/live.ts'
import { demoNodes } from '../../scripts/start/world.ts'
import { entriesOf, headOf, proofOf } from './log.ts'
import { useWorld } from './world.ts'

type Scan = {
  readonly index: string
  readonly bizStep: string
  readonly org: string
  readonly codes: readonly string[]
  readonly entitled: boolean
  readonly reason: string | null
  readonly backfilled: boolean
  readonly device: string | null
}

describe('the journey from a scan to a question answered', function () {
  this.timeout(60_000)
  const world = useWorld()

  const scansOf = async (player: 'distributor' | 'hospital'): Promise<Scan[]> => {
    const scans: Scan[] = []
    for (let before = ''; ; ) {
      const page = await world().read<{ scans: Scan[]; next: string | null }>(
        player,
        `/api/v1/scans?limit=500${before}`,
      )
      scans.push(...page.scans)
      if (page.next === null) return scans
      before = `&before=${page.next}`
    }
  }

  describe('1. documents', () => {
    let documents: DocumentItem[]
    before(async () => {
      documents = [
        ...(await world().all<DocumentItem>('distributor', '/api/v1/documents')),
        ...(await world().all<DocumentItem>('wholesaler', '/api/v1/documents')),
      ]
    })

    it('are there for each trade: order, despatch and invoice', () => {
      const kinds = Object.groupBy(documents, it => it.kind)
      expect(kinds.invoice).to.have.length.of.at.least(70)
      expect(kinds.despatch).to.have.length.of.at.least(70)
      expect(kinds.order).to.have.length.of.at.least(20)
      expect(kinds['credit-note']).to.have.lengthOf(1)
    })

    it('have one code each', () => {
      expect(new Set(documents.map(it => it.code)).size).to.equal(documents.length)
    })

    it('are SD-JWTs signed by their origin under a certificate of the trusted CA', async () => {
      const { anchors } = await world().trusted()
      const crls = await Promise.all(
        ['crl', 'root.crl'].map(async list => {
          const response = await fetch(`${world().market}/pki/${list}`)
          return parseCrl(new Uint8Array(await response.arrayBuffer()))
        }),
      )
      const trust = { anchors, crls, at: new Date(), verify: webcryptoVerify }
      for (const { code, issuer, seller, sdJwt } of documents) {
        const parsed = parseSdJwt(sdJwt)
        if (!parsed.ok) throw new Error(`${code}: ${parsed.detail}`)
        const signed = await verifyWithChain(parsed.jws, { ...trust, expectedTyp: typ.document })
        if (!signed.ok) throw new Error(`${code}: ${signed.detail}`)
        expect([signed.signer.uscc, issuer, parsed.claims.iss], code).to.deep.equal([seller, seller, seller])
      }
    })

    it('stand in the log, each under the commitment that anyone with it can recompute', async () => {
      const { size } = await headOf(world().market, demoNodes.market.origin, await world().trusted())
      const entries = await entriesOf(world().market, size)
      for (const { code, sdJwt, salt, index, commitment: named } of documents) {
        const jwt = sdJwt.slice(0, sdJwt.indexOf('~'))
        const digest = commitment('document', fromBase64url(salt), utf8(jwt))
        expect(hex(digest), code).to.equal(named)
        expect(hex(entries[Number(index)] ?? new Uint8Array()), code).to.equal(hex(entryOf(digest)))
      }
    })
  })

  describe('2. scans', () => {
    it('have a place of their own in the log of the node that took them', async () => {
      for (const [player, node, name] of [
        ['distributor', world().market, 'market'],
        ['hospital', world().hospital, 'hospital'],
      ] as const) {
        const { origin } = demoNodes[name]
        const trust = await world().trusted()
        const scans = await scansOf(player)
        expect(new Set(scans.map(it => it.index)).size, player).to.equal(scans.length)
        const { size } = await headOf(node, origin, trust)
        const entries = await entriesOf(node, size)
        const keys = trust.nodes.filter(it => it.origin === origin).map(it => it.logKey)
        for (const { index } of scans.filter((_, i) => i % 20 === 0)) {
          const entry = entries[Number(index)]
          if (!entry) throw new Error(`${player}: entry ${index} is not there`)
          const proven = await verifyTlogProof(
            await proofOf(node, index, size),
            leafOf(entry.subarray(1)),
            origin,
            keys,
          )
          expect(proven, `${player} ${index}`).to.deep.include({ ok: true, index: BigInt(index) })
        }
      }
    })

    it('of shipping count where the distributor’s own dock made them, of receiving where the hospital’s device did', async () => {
      const scans = await scansOf('distributor')
      const { uscc: distributor } = await world().actor('distributor')
      const { uscc: hospital } = await world().actor('hospital')
      const counted = scans.filter(it => it.entitled)
      for (const { org, bizStep } of counted) expect(org).to.equal(bizStep === 'shipping' ? distributor : hospital)
      const steps = Object.groupBy(counted, it => it.bizStep)
      expect(Object.keys(steps).sort()).to.deep.equal(['accepting', 'receiving', 'shipping'])
      for (const each of Object.values(steps)) expect(each).to.have.length.of.at.least(50)
      // Which device it was, its owner sees.
      const received = (await scansOf('hospital')).filter(it => it.entitled && it.org === hospital)
      expect(received).to.have.length.of.at.least(100)
      for (const { device } of received) expect(fromBase64url(device ?? '')).to.have.lengthOf(32)
    })

    it('by which the distributor claims to have received do not count, and say why', async () => {
      const { uscc } = await world().actor('distributor')
      const claims = (await scansOf('distributor')).filter(it => it.bizStep === 'receiving' && it.org === uscc)
      expect(claims).to.have.lengthOf(1)
      expect(claims[0]).to.include({ entitled: false })
      expect(claims[0]?.reason).to.match(/^[A-Z_]{5,}$/i)
    })

    it('of the history are marked as backfilled, those of today are not', async () => {
      const scans = await scansOf('distributor')
      const today = new Set(
        (await world().all<DocumentItem>('distributor', '/api/v1/documents?kind=despatch'))
          .filter(it => it.claims.synthetic !== undefined && it.number.startsWith('DN-PO-2026'))
          .flatMap(it => (it.claims.kind === 'despatch' ? [it.claims.shipment] : [])),
      )
      expect(today.size).to.equal(3)
      const live = scans.filter(it => it.codes.some(code => today.has(code)))
      expect(live).to.have.length.of.at.least(9)
      expect(live.filter(it => it.backfilled)).to.deep.equal([])
      const backfilled = scans.filter(it => it.backfilled)
      expect(backfilled).to.have.length.greaterThan(100)
    })
  })

  describe('4. the hospital’s answers', () => {
    it('are one of each kind, and none to the last question, as seller and hospital both see', async () => {
      const expected = {
        [clean.invoiceNumber]: ['AP', undefined],
        [oasis.invoiceNumber]: ['CA', 'QTY'],
        [short.invoiceNumber]: ['RE', 'QTY'],
        [silent.invoiceNumber]: [undefined, undefined],
      }
      for (const player of ['distributor', 'hospital'] as const) {
        const questions = await world().all<QuestionItem>(player, '/api/v1/questions')
        const found = questions.map(({ question, answer }) => [
          question.opened.number,
          [answer?.answer.status, answer?.answer.reason],
        ])
        expect(Object.fromEntries(found), player).to.deep.equal(expected)
        expect(found).to.have.lengthOf(4)
      }
    })

    it('are signed by the hospital itself', async () => {
      const { uscc } = await world().actor('hospital')
      const { anchors } = await world().trusted()
      const questions = await world().all<QuestionItem>('distributor', '/api/v1/questions?answered=true')
      expect(questions).to.have.lengthOf(3)
      for (const { answer } of questions) {
        const parsed = parseSdJwt(`${answer?.jws}~`)
        if (!parsed.ok) throw new Error(parsed.detail)
        // The revocation lists of these certificates are looked at with the documents, above.
        const unlisted = anchors.map(anchor => ({ ...anchor, crl: 'none' as const }))
        const trust = { anchors: unlisted, crls: [], at: new Date(), verify: webcryptoVerify }
        const signed = await verifyWithChain(parsed.jws, { ...trust, expectedTyp: typ.confirmation })
        if (!signed.ok) throw new Error(signed.detail)
        expect(signed.signer.uscc).to.equal(uscc)
      }
    })
  })
})
