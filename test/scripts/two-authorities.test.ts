import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Refusal } from '../../core/errors.ts'
import type { TrustFile } from '../../core/trust.ts'
import { parseCertificate } from '../../core/x509/certificate.ts'
import { parseOnePem } from '../../core/x509/pem.ts'
import { run } from '../../scripts/commands/program.ts'
import { type Actor, actorOf, get, post, until } from '../../scripts/sample/actor.ts'
import type { Cast } from '../../scripts/sample/cast.ts'
import { clean, registerLive } from '../../scripts/sample/live.ts'
import { answer, ask } from '../../scripts/sample/money.ts'
import { openParty } from '../../scripts/start/operator.ts'
import { freePair } from '../hostile/road.ts'

const market = { uscc: '91440101MA5TALLY06', name: '符信平台' }
const hospital = { uscc: '12440100MB2H0G7A0C', name: '广东省示范医院' }
const seller = { uscc: '91440101MA5DTRBU0E', name: '流通企业', prefix: '6901234' }

describe('a hospital’s own node, under a CA of its own', function () {
  this.timeout(150_000)
  let folder: string
  let url: Readonly<Record<'market' | 'hospital', string>>
  const running = new Map<string, ChildProcess>()

  const data = (node: string) => join(folder, node)
  /** `tallystick node`, as its operator starts it. Resolves when it says that it is ready. */
  const start = async (node: 'market' | 'hospital', more: Record<string, string> = {}, ...args: string[]) => {
    const { uscc, name } = node === 'market' ? market : hospital
    const program = join(import.meta.dirname, '..', '..', 'scripts', 'tallystick.ts')
    const child = spawn(process.execPath, [program, 'node', '--no-console', ...args], {
      env: {
        ...{ ...process.env, DATA_DIR: data(node), PORT: new URL(url[node]).port },
        ...{ OPERATOR_USCC: uscc, OPERATOR_NAME: name, ...more },
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    running.set(node, child)
    let said = ''
    await new Promise<void>((done, fail) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream?.on('data', (chunk: Buffer) => {
          said += chunk
          if (said.includes('Ready: ') && said.includes('trust settings')) done()
        })
      }
      child.once('exit', code => fail(new Error(`the ${node} ended with ${code}:\n${said}`)))
    })
  }
  const stop = async (node: string, signal: NodeJS.Signals = 'SIGTERM') => {
    const child = running.get(node)
    running.delete(node)
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return undefined
    const ended = once(child, 'exit')
    child.kill(signal)
    return (await ended)[0] as number | null
  }
  const tallystick = async (...args: string[]) => {
    const lines: string[] = []
    const terminal = { out: (line: string) => void lines.push(line), error: (line: string) => void lines.push(line) }
    expect(await run(args, terminal, {}), lines.join('\n')).to.equal(0)
    return lines
  }
  const operator = (node: 'market' | 'hospital') => join(data(node), 'operator')
  const trustOf = async (node: string): Promise<TrustFile> =>
    JSON.parse(await readFile(join(data(node), 'trust.json'), 'utf8')) as TrustFile

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tallystick-two-'))
    // PostgreSQL runs as a user of its own where root starts it, and must be able to pass through.
    await chmod(folder, 0o755)
    const port = await freePair()
    url = { market: `http://127.0.0.1:${port}`, hospital: `http://127.0.0.1:${port + 1}` }
    await Promise.all([start('market'), start('hospital', {}, '--role', 'hospital')])
  })
  after(async () => {
    await Promise.all([...running.keys()].map(node => stop(node)))
    await rm(folder, { recursive: true, force: true })
  })

  let seated: Pick<Cast, 'distributor' | 'hospital'>

  it('is started by one command, knows nobody else, and ends cleanly', async () => {
    const roots = (await Promise.all(['market', 'hospital'].map(trustOf))).map(({ anchors }) =>
      anchors.map(it => parseCertificate(parseOnePem('CERTIFICATE', it.certificate)).der.join()),
    )
    expect(roots.map(it => it.length)).to.deep.equal([1, 1])
    expect(roots[0]).not.to.deep.equal(roots[1])
    const stranger = actorOf(await openParty(operator('hospital'), hospital.uscc, hospital.name), url.market)
    const error: unknown = await get(stranger, '/api/v1/organizations').catch((it: unknown) => it)
    expect(error).to.be.instanceOf(Refusal)
    expect(await Promise.all([stop('market'), stop('hospital')])).to.deep.equal([0, 0])
  })

  it('believes the other’s CA for what its own settings say, and speaks there by its own key', async () => {
    const [ours, theirs] = [await trustOf('hospital'), await trustOf('market')]
    const settled = async (node: string, trust: TrustFile) =>
      writeFile(join(data(node), 'trust.json'), JSON.stringify(trust))
    // The hospital publishes no list that the market could reach: nothing but going out is allowed to it.
    const own = ours.anchors.map(it => ({
      ...it,
      id: 'hospital-ca',
      roles: ['hospital' as const],
      crl: 'none' as const,
    }))
    const market_ = theirs.anchors.map(it => ({ ...it, id: 'market-ca' }))
    await settled('hospital', { ...ours, anchors: [...ours.anchors, ...market_] })
    await settled('market', { ...theirs, anchors: [...theirs.anchors, ...own] })
    const peers = join(folder, 'peers.json')
    const lists = ['crl', 'root.crl'].map(list => `${url.market}/pki/${list}`)
    const peer = {
      name: 'market',
      url: url.market,
      registry: true,
      organization: hospital.uscc,
      revocationLists: lists,
    }
    await writeFile(peers, JSON.stringify([peer]))
    await start('market', { CODE_PREFIXES: seller.prefix })
    const atMarket = ['--as', operator('market'), '--node', url.market]
    await tallystick(
      'org',
      'add',
      hospital.uscc,
      hospital.name,
      '--role',
      'hospital',
      '--at',
      url.hospital,
      ...atMarket,
    )
    const keys = join(folder, 'seller')
    await tallystick('org', 'add', seller.uscc, seller.name, '--role', 'distributor', '--keys', keys, ...atMarket)
    await start('hospital', { PEERS_FILE: peers }, '--role', 'hospital')
    const atHospital = ['--as', operator('hospital'), '--node', url.hospital]
    await tallystick('org', 'add', seller.uscc, seller.name, '--role', 'distributor', '--at', url.market, ...atHospital)
    const there = ['--of', url.hospital, '--as', operator('hospital'), '--node', url.market]
    expect(await tallystick('node', 'endorse', ...there)).to.match(/speaks for 12440100MB2H0G7A0C until/)
    const host = actorOf(await openParty(operator('market'), market.uscc, market.name), url.market)
    await post(host, '/api/v1/identifiers/prefixes', { prefix: seller.prefix, uscc: seller.uscc })
    seated = {
      distributor: actorOf(await openParty(keys, seller.uscc, seller.name), url.market),
      hospital: actorOf(await openParty(operator('hospital'), hospital.uscc, hospital.name), url.hospital),
    }
  })

  it('answers there what was asked while it was down, and nothing is lost', async () => {
    const cast = seated as Cast
    const { distributor } = cast
    await stop('hospital', 'SIGKILL')
    const trade = await registerLive(cast, clean)
    const { number, issueDate, gross, currency, parties } = trade.invoiceDocument
    const facts = { number, issueDate, gross, currency, parties }
    await ask(distributor, trade.invoice, facts)
    await start('hospital', { PEERS_FILE: join(folder, 'peers.json') }, '--role', 'hospital')
    const pending = async (actor: Actor) => {
      const page: { items: { id: string; answer: { answer: { status: string } } | null }[] } = await get(
        actor,
        '/api/v1/questions',
      )
      return page.items.find(({ id }) => id === trade.invoice.commitment)
    }
    await until('the question to come', () => pending(cast.hospital))
    await answer(cast.hospital, trade.invoice, facts, 'RE', 'QTY')
    const status = await until('the answer to arrive', async () => (await pending(distributor))?.answer?.answer.status)
    expect(status).to.equal('RE')
  })
})
