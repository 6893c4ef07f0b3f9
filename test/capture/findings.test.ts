import { expect } from 'chai'
import { gs1 } from '../../core/identifier/code.ts'
import { makeGtin } from '../../core/identifier/make.ts'
import { buyer, seller } from '../ledger/open-ledger.ts'
import { type CaptureNode, epcis, scan, sscc, startCaptureNode } from './node.ts'

type Scans = { scans: { index: string; eventID: string; findings: { code: string; about: string; other: string }[] }[] }
const serial = (text: string) => gs1('01', makeGtin('6901234', 1), { 21: text }).text

describe('findings on scans', () => {
  let node: CaptureNode
  before(async () => {
    node = await startCaptureNode()
  })
  after(() => node.stop())

  const take = (n: number, more: object, as = seller) =>
    node.ask(as, 'POST', '/epcis/capture', epcis(scan(n, { quantityList: [], ...more })))
  const findings = async (n: number, as = seller) => {
    const { scans } = (await (await node.ask(as, 'GET', '/api/v1/scans')).json()) as Scans
    return scans.find(it => it.eventID === scan(n).eventID)?.findings.map(it => it.code)
  }

  it('are shown beside the scan, and change nothing of it', async () => {
    const shipped = { bizStep: 'shipping', epcList: [sscc(100), serial('S1')] }
    await take(100, { ...shipped, eventTime: '2026-03-01T08:00:00.000Z' })
    await take(101, { ...shipped, eventTime: '2026-03-01T09:00:00.000Z' })
    expect(await findings(100)).to.deep.equal([])
    expect(await findings(101)).to.deep.equal(['SHIPPED_TWICE', 'SHIPPED_TWICE'])
    const { scans } = (await (await node.ask(seller, 'GET', '/api/v1/scans')).json()) as Scans
    expect(scans[0]?.findings.map(it => it.about)).to.have.members([sscc(100), serial('S1')])
    expect(scans[0]?.findings[0]?.other).to.equal(scans[1]?.index)
  })

  it('go away when the scan that contradicted is declared an error', async () => {
    const errorDeclaration = { declarationTime: '2026-03-02T00:00:00.000Z', reason: 'did_not_occur' }
    const shipped = { bizStep: 'shipping', epcList: [sscc(100), serial('S1')] }
    const answer = await take(100, { ...shipped, eventTime: '2026-03-01T08:00:00.000Z', errorDeclaration })
    expect(answer.status).to.equal(202)
    expect(await findings(101)).to.deep.equal([])
  })

  it('come from what the reader may see alone', async () => {
    await take(300, { bizStep: 'storing', epcList: [serial('S3')], eventTime: '2026-03-01T08:00:00.000Z' })
    await take(
      301,
      {
        bizStep: 'storing',
        epcList: [serial('S3')],
        eventTime: '2026-03-01T08:00:10.000Z',
        readPoint: { id: 'geo:1,1' },
      },
      buyer,
    )
    expect(await findings(301, buyer)).to.deep.equal([])
  })

  it('name a serial that is not registered', async () => {
    await take(302, { epcList: [serial('UNKNOWN')] })
    expect(await findings(302)).to.deep.equal(['UNKNOWN_SERIAL'])
  })
})
