import { expect } from 'chai'
import { sql } from 'kysely'
import { asNode } from '../../db/database.ts'
import { buyer, seller } from '../ledger/open-ledger.ts'
import { type CaptureNode, epcis, makeScanner, type Scanner, scan, signatureOver, startCaptureNode } from './node.ts'

describe('the numbers of the captures of a device', () => {
  let node: CaptureNode
  let scanner: Scanner
  let event = 500

  before(async () => {
    node = await startCaptureNode()
    scanner = await makeScanner(seller)
    node.enrol(scanner)
    await asNode(node.database.db, tx =>
      sql`insert into organizations (uscc, name, roles, hosted, node) values
        (${seller}, 'S', array['distributor'], true, null), (${buyer}, 'B', array['hospital'], false, 'http://127.0.0.1:1')
        on conflict do nothing`.execute(tx),
    )
  })
  after(() => node.stop())

  const capture = async (by: Scanner, seq: number) => {
    const events = [scan(event++)]
    const { headers } = await signatureOver(by, events, seq)
    const response = await node.ask(by.owner, 'POST', '/epcis/capture', epcis(...events), headers)
    expect(response.status, await response.text()).to.equal(202)
  }
  const listed = async (as = seller) => {
    const response = await node.ask(as, 'GET', '/api/v1/capture-sequences')
    expect(response.status).to.equal(200)
    return ((await response.json()) as { items: readonly Record<string, unknown>[] }).items
  }

  it('are taken with gaps, repeats and resets, and each is told to the owner', async () => {
    for (const seq of [1, 2, 5, 5, 4]) await capture(scanner, seq)
    expect(await listed()).to.deep.equal([
      {
        ...{ device: scanner.kid, label: null, latest: 5, captures: 5, missing: 1, restarts: 0 },
        ...{ gaps: [{ from: 3, to: 3 }], repeats: [5] },
      },
    ])
    await capture(scanner, 1)
    expect((await listed())[0]).to.include({ latest: 1, captures: 6, missing: 1, restarts: 1 })
  })

  it('are nobody else’s to see, nor told of an organization whose records live elsewhere', async () => {
    expect(await listed(buyer)).to.deep.equal([])
    const foreign = await makeScanner(buyer)
    node.enrol(foreign)
    await capture(foreign, 7)
    expect(await listed(buyer)).to.deep.equal([])
    expect(await listed()).to.have.lengthOf(1)
  })
})
