import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { Refusal } from '../../core/errors.ts'
import { startEmbeddedPostgres } from '../../db/embedded.ts'
import { type Actor, get, register, until } from '../../scripts/sample/actor.ts'
import { type Stage, setStage } from '../journey/stage.ts'

describe('a node whose database goes away', function () {
  this.timeout(120_000)
  let stage: Stage
  let distributor: Actor
  before(async () => {
    stage = await setStage()
    distributor = await stage.actor('distributor')
  })
  after(() => stage?.remove())

  const ready = () => fetch(`${stage.market}/readyz`)
  const order = (serial: string) => ({
    kind: 'order' as const,
    code: `https://id.gs1.org/253/6901234000016${serial}`,
    number: serial,
    version: 1,
    parties: { seller: distributor.uscc, buyer: '12440100MB2H0G7A0C' as Actor['uscc'] },
    issueDate: '2026-01-05',
    currency: 'CNY' as never,
    lines: [
      {
        id: '1',
        item: 'https://id.gs1.org/01/06901234900026',
        quantity: '1',
        unit: 'C62',
        unitPrice: '1',
        taxRate: '0',
      },
    ],
  })

  it('refuses with 503 and Retry-After, and goes on by itself with all that it acknowledged', async () => {
    const before = await register(distributor, order('OUTAGE-1'))
    const folder = join(stage.dataDir, 'postgres')
    const port = (await readFile(join(folder, 'cluster', 'postmaster.pid'), 'utf8')).split('\n')[3]
    await (await startEmbeddedPostgres(folder)).stop()

    const away = await ready()
    expect(away.status).to.equal(503)
    expect(away.headers.get('Retry-After')).to.match(/^\d+$/)
    const refused = await register(distributor, order('OUTAGE-2')).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(refused).to.be.instanceOf(Refusal)
    expect((refused as Refusal).status).to.equal(503)
    expect((await fetch(`${stage.market}/healthz`)).status).to.equal(200)

    await startEmbeddedPostgres(folder, [`-p ${port}`])
    await until('the node to be ready again', async () => ((await ready()).status === 200 ? true : undefined))
    const after = await register(distributor, order('OUTAGE-2'))
    expect(BigInt(after.index) > BigInt(before.index)).to.equal(true)
    const kept = await get<{ index: string }>(distributor, `/api/v1/documents/${encodeURIComponent(before.code)}`)
    expect(kept.index).to.equal(before.index)
  })
})
