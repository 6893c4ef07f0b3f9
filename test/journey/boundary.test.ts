import { expect } from 'chai'
import { gs1 } from '../../core/identifier/code.ts'
import { makeGdti, makeGtin, makeSscc } from '../../core/identifier/make.ts'
import type { DocumentItem } from '../../receivables/documents/contract.ts'
import { register, until } from '../../scripts/sample/actor.ts'
import { HOSPITAL_PREFIX, places } from '../../scripts/sample/cast.ts'
import { silent } from '../../scripts/sample/live.ts'
import { enrolScanner, type Scanner } from '../../scripts/sample/scanner.ts'
import { useWorld } from './world.ts'

describe('what the hospital’s node lets out to the first node', function () {
  this.timeout(60_000)
  const world = useWorld()

  /** In how many rows of any table any of these texts, or its bytes, stands. */
  const rowsWith = async (node: 'market' | 'hospital', texts: readonly string[]): Promise<number> => {
    const tables = await world().query<{ name: string }>(
      node,
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
       where schemaname not in ('pg_catalog', 'information_schema')`,
    )
    expect(tables.length).to.be.greaterThan(20)
    const spellings = texts.flatMap(text => [text, Buffer.from(text).toString('hex')])
    const any = `array[${spellings.map(text => `'%${text}%'`).join()}]`
    // In one statement: a connection for each table would be more than the server has.
    const counts = tables.map(({ name }) => `select count(*) from ${name} as it where it::text like any(${any})`)
    const [row] = await world().query<{ sum: string }>(
      node,
      `select sum(count) from (${counts.join(' union all ')}) as counts`,
    )
    return Number(row?.sum)
  }

  it('came no record of the hospital’s but its answers, how many there are, scans, and what says who it is', async () => {
    const { uscc } = await world().actor('hospital')
    const rows = await world().query<{ type: string; count: string | bigint }>(
      'market',
      `select type, count(*) from records where org = '${uscc}' group by type order by type`,
    )
    const types = ['confirmation', 'endorsement', 'event', 'organization', 'status-head']
    expect(rows.map(it => it.type)).to.deep.equal(types)
    const count = (type: string) => Number(rows.find(it => it.type === type)?.count)
    expect([count('confirmation'), count('organization')]).to.deep.equal([3, 1])
  })

  it('came none of its scans but of shipments that a distributor there sent it', async () => {
    const { uscc } = await world().actor('hospital')
    const shipments = new Set<string>()
    for (const player of ['distributor', 'wholesaler'] as const) {
      for (const { claims } of await world().all<DocumentItem>(player, '/api/v1/documents?kind=despatch')) {
        if (claims.kind === 'despatch' && claims.parties.buyer === uscc) shipments.add(claims.shipment)
      }
    }
    const events = await world().query<{ index: string; parties: string[]; codes: string[] }>(
      'market',
      `select index, parties, (select array_agg(code) from event_codes where event_codes.index = events.index) as codes
       from events where org = '${uscc}'`,
    )
    expect(events).to.have.length.of.at.least(130)
    for (const { index, parties, codes } of events) {
      expect(
        codes.some(code => shipments.has(code)),
        `event ${index} of ${codes.join(' ')}`,
      ).to.equal(true)
      expect(parties, `event ${index}`).to.include(uscc).and.to.have.lengthOf(2)
    }
  })

  it('comes nothing of goods that no paper there names, of the same capture neither, and no receipt', async () => {
    const [hospital, distributor] = [await world().actor('hospital'), await world().actor('distributor')]
    const [despatch] = (await world().all<DocumentItem>('distributor', '/api/v1/documents?kind=despatch')).filter(
      it => it.number === `DN-${silent.orderNumber}`,
    )
    if (despatch?.claims.kind !== 'despatch') throw new Error('no despatch')
    const own = {
      item: `${gs1('01', makeGtin(HOSPITAL_PREFIX, 777)).text}/21/PRIVATE0001`,
      unit: gs1('00', makeSscc(HOSPITAL_PREFIX, 777)).text,
      despatch: gs1('253', makeGdti(HOSPITAL_PREFIX, '2', 'ELSEWHERE1')).text,
    }
    const from = new Date(Date.now() - 60_000)
    const store: Scanner = await enrolScanner(hospital, places.hospital, '另一把 / another', from)
    const now = () => new Date().toISOString()
    const elsewhere = { bizStep: 'receiving', epcs: [own.unit, own.item], despatch: own.despatch } as const
    const ofBoth = { bizStep: 'receiving', epcs: [despatch.claims.shipment], despatch: despatch.code } as const
    const receipt = await register(hospital, {
      kind: 'receipt',
      code: gs1('253', makeGdti(HOSPITAL_PREFIX, '5', 'PRIVATERECEIPT1')).text,
      number: 'PRIVATE-RECEIPT-1',
      version: 1,
      parties: { seller: distributor.uscc, buyer: hospital.uscc },
      issueDate: now().slice(0, 10),
      order: despatch.claims.order,
      shipment: despatch.claims.shipment,
      lines: despatch.claims.lines.map(({ id, orderLine, item, quantity, unit }) => ({
        id,
        orderLine,
        item,
        quantity,
        unit,
      })),
    })
    await store.capture([{ ...elsewhere, at: now() }])
    const marker = now()
    // One capture, two events: the second is the business of both, and comes last, so that all before has had its time.
    await store.capture([
      { ...elsewhere, at: now() },
      { ...ofBoth, at: marker },
    ])
    await until('the scan of the shared shipment to arrive', async () => {
      const [arrived] = await world().query(
        'market',
        `select index from events where org = '${hospital.uscc}' and event_time = '${marker}'`,
      )
      return arrived
    })
    await until('all that was owed to be delivered', async () => {
      const owed = await world().query('hospital', 'select from deliveries where delivered_at is null')
      return owed.length === 0 || undefined
    })

    const traces = ['PRIVATE0001', own.unit, own.despatch, 'PRIVATE-RECEIPT-1', 'PRIVATERECEIPT1', receipt.commitment]
    expect(await rowsWith('hospital', traces)).to.be.greaterThan(4)
    expect(await rowsWith('market', traces)).to.equal(0)
    const signature = await world().query<{ body: Buffer }>(
      'hospital',
      `select body from records where index = ${receipt.index}`,
    )
    const signed = signature[0]?.body.toString().split('.')[2] ?? ''
    expect(signed).to.have.length.greaterThan(80)
    expect(await rowsWith('hospital', [signed])).to.be.greaterThan(0)
    expect(await rowsWith('market', [signed])).to.equal(0)
  })

  it('the hospital’s own comparison of an invoice with its scans is shown to nobody there', async () => {
    const { items } = await world().read<{ items: { id: string }[] }>('distributor', '/api/v1/questions')
    for (const player of ['distributor', 'bank', 'auditor', 'operator'] as const) {
      const { client } = await world().actor(player)
      const response = await client.request('GET', `/api/v1/questions/${items[0]?.id}/comparison`)
      expect(response.status, player).to.be.oneOf([403, 404])
    }
  })
})
