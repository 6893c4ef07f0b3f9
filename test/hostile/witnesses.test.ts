import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { register, until } from '../../scripts/sample/actor.ts'
import { type DemoNode, demoNodes } from '../../scripts/start/world.ts'
import { readLine } from '../ledger/witness/foreign-log.ts'
import { useGround } from './ground.ts'
import { orderOf } from './order.ts'

type Standing = {
  readonly witnessed: { readonly size: string } | null
  readonly witnesses: readonly { readonly key: string; readonly size: string | null; readonly trouble: string | null }[]
  readonly witness: string | null
  readonly logs: readonly { readonly origin: string; readonly size: string | null }[]
  readonly refused: readonly object[]
}

describe('two nodes that witness each other', function () {
  this.timeout(150_000)
  const ground = useGround()
  const other = { market: 'hospital', hospital: 'market' } as const

  const at = (node: DemoNode, path: string) => fetch(ground().url[node] + path)
  const standing = async (node: DemoNode) => (await (await at(node, '/log/witnesses')).json()) as Standing
  const head = async (node: DemoNode) => {
    const note = await (await at(node, '/log/checkpoint')).text()
    const split = note.indexOf('\n\n')
    const text = note.slice(0, split + 1)
    return {
      text,
      size: Number(text.split('\n')[1]),
      lines: note
        .slice(split + 2)
        .trimEnd()
        .split('\n'),
    }
  }
  /** When the other node's witness says that it saw the head; a stranger's code checks it. */
  const cosignedAt = async (node: DemoNode) => {
    const { witness } = await standing(other[node])
    const { text, size, lines } = await head(node)
    const line = lines.find(it => it.startsWith(`— ${demoNodes[other[node]].witness} `))
    return { size, lines: lines.length, time: line && readLine(witness ?? '', text, `${line}\n`) }
  }
  let number = 0
  const grow = async () => {
    const { distributor, hospital } = ground().cast
    const { index } = await register(distributor, orderOf(distributor, hospital, `9-${++number}`))
    return Number(index) + 1
  }
  const metric = async (node: DemoNode, name: string) =>
    new RegExp(`^${name} (\\S+)$`, 'm').exec(await (await at(node, '/metrics')).text())?.[1]

  it('show heads that the other has cosigned just now', async () => {
    await grow()
    for (const node of ['market', 'hospital'] as const) {
      const { time, lines } = await until(`the ${node}'s head to be cosigned`, async () => {
        const found = await cosignedAt(node)
        return found.size > 0 && found.time !== undefined ? found : undefined
      })
      expect(time).to.be.a('number')
      expect(Math.abs(Date.now() / 1000 - Number(time))).to.be.lessThan(120)
      expect(lines).to.equal(2)
    }
  })

  it('say of each other how far they have got', async () => {
    const size = await grow()
    const { witnessed, witnesses } = await until('the witness to cosign it', async () => {
      const now = await standing('market')
      return Number(now.witnessed?.size ?? 0) >= size ? now : undefined
    })
    const there = await standing('hospital')
    expect(witnesses).to.have.length(1)
    expect(witnesses[0]).to.include({ key: there.witness, trouble: null, size: witnessed?.size })
    expect(there.logs.map(({ origin }) => origin)).to.deep.equal([demoNodes.market.origin])
    expect(Number(there.logs[0]?.size)).to.be.at.least(size)
    expect(there.refused).to.deep.equal([])
  })

  it('prove an entry by a head with its cosignature', async () => {
    const size = await grow()
    await until('the head to be shown', async () => ((await head('market')).size >= size ? true : undefined))
    const proof = await (await at('market', `/log/proof/${size - 1}`)).text()
    expect(proof).to.match(new RegExp(`\n— ${demoNodes.hospital.witness} [^\n]+\n$`))
  })

  it('trust each other’s log keys alone', async () => {
    const { text } = await head('hospital')
    const forged = `old 0\n\n${text}\n— ${demoNodes.hospital.origin} ${Buffer.alloc(68, 1).toString('base64')}\n`
    const post = async (node: DemoNode, body: string) =>
      (await fetch(`${ground().url[node]}/add-checkpoint`, { method: 'POST', body })).status
    expect(await post('market', forged)).to.equal(403)
    expect(await post('hospital', forged)).to.equal(404)
    // Genuine, and from a size that was overtaken.
    const note = await (await at('hospital', '/log/checkpoint')).text()
    expect(await post('market', `old 0\n\n${note}`)).to.equal(409)
  })

  it('go on alone when the other is killed, say so, and are cosigned again when it is back', async () => {
    await ground().kill('hospital', 'SIGKILL')
    const alone = await grow()
    await until('the head to be shown without its witness', async () => {
      const { size, lines } = await head('market')
      return size >= alone && lines.length === 1 ? true : undefined
    })
    await until('the witness to be missed', async () => {
      const [witness] = (await standing('market')).witnesses
      return witness?.trouble === 'unreachable' ? true : undefined
    })
    expect(await metric('market', 'tallystick_witnesses_away')).to.equal('1')
    expect(Number(await metric('market', 'tallystick_witnessed_lag_entries'))).to.be.greaterThan(0)
    await ground().start('hospital')
    await until('the head to be cosigned again', async () => {
      const { size, time } = await cosignedAt('market')
      return size >= alone && typeof time === 'number' ? true : undefined
    })
    expect((await standing('market')).witnesses[0]?.trouble).to.equal(null)
    expect(await metric('market', 'tallystick_witnesses_away')).to.equal('0')
    expect(await metric('market', 'tallystick_witnessed_lag_entries')).to.equal('0')
  })

  it('are named in the trust file of the sample, each as nobody’s witness but the other’s', async () => {
    const trust = JSON.parse(await readFile(ground().world.trustFile, 'utf8')) as {
      witnesses: { quorum: number; keys: string[] }
      nodes: { origin: string; ownWitnesses: string[] }[]
    }
    const keys = await Promise.all((['market', 'hospital'] as const).map(async node => (await standing(node)).witness))
    expect(trust.witnesses).to.deep.equal({ quorum: 1, keys })
    expect(trust.nodes.map(it => it.ownWitnesses)).to.deep.equal(keys.map(key => [key]))
  })

  it('keep one that was restored from a backup from writing a second history', async () => {
    const name = new URL(ground().world.env.market.DATABASE_URL ?? '').pathname.slice(1)
    await ground().kill('market', 'SIGTERM')
    await ground().query('hospital', `create database backup template "${name}"`)
    await ground().start('market')
    const size = await grow()
    await until('the witness to cosign it', async () => {
      const { witnessed } = await standing('market')
      return Number(witnessed?.size ?? 0) >= size ? true : undefined
    })
    await ground().kill('market', 'SIGKILL')
    await ground().query('hospital', `drop database "${name}" with (force)`)
    await ground().query('hospital', `alter database backup rename to "${name}"`)
    await rm(join(ground().world.env.market.DATA_DIR ?? '', 'log-head'), { force: true })
    await ground().start('market')
    const found = await until('the node to compare', async () => {
      const { log } = (await (await at('market', '/api/v1/node')).json()) as NodeStanding
      return log.halted === null ? undefined : log
    })
    const witness = found.elsewhere.find(it => it.name === `witness ${demoNodes.hospital.witness}`)
    expect(witness).to.deep.include({ verdict: 'behind' })
    expect(Number(witness?.size)).to.be.at.least(size)
    const refused = await grow().then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(refused).to.have.property('code', 'LOG_BEHIND')
    expect((await head('market')).size).to.be.lessThan(size)
  })
})

type NodeStanding = {
  readonly log: {
    readonly halted: string | null
    readonly elsewhere: readonly { readonly name: string; readonly verdict: string; readonly size: string }[]
  }
}
