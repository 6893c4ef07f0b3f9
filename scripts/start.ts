/**
 * `npm start`: everything on one machine, from nothing. Two nodes, PostgreSQL, a chain, a development CA, the console;
 * on an empty database the sample case is played over the public API, as its parties would. `--empty` leaves that out,
 * `--no-console` the console.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError, readConfig } from '../api/config.ts'
import { playSample, summary } from './sample/play.ts'
import { buildConsole } from './start/console.ts'
import { lockFolder } from './start/lock.ts'
import { type NodeProcess, startNode } from './start/node.ts'
import { makeWorld } from './start/world.ts'

const root = join(import.meta.dirname, '..')
const wants = (flag: string) => process.argv.includes(flag)
const say = (text: string) => process.stdout.write(`${text}\n`)

async function main(): Promise<void> {
  const config = readConfig(process.env)
  if (config.production) return void (await import('../api/main.ts'))

  await mkdir(config.DATA_DIR, { recursive: true, mode: 0o700 })
  const closing: (() => Promise<unknown>)[] = [await lockFolder(config.DATA_DIR)]
  const close = onceOnly(async () => {
    ending = true
    // In the reverse order of their start: a node must be able to finish what it has taken.
    for (const end of closing.reverse()) await end()
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => close().then(() => process.exit(0), fail))
  }
  try {
    say('Starting PostgreSQL, the chain and the development CA …')
    const [world, built] = await Promise.all([
      makeWorld(config),
      wants('--no-console') ? 'current' : buildConsole(root),
    ])
    closing.push(world.close)
    if (built === 'built') say('Built the console.')
    const nodes = await Promise.all([
      startNode(root, 'market', world.env.market),
      startNode(root, 'hospital', world.env.hospital),
    ])
    closing.push(() => Promise.all(nodes.map(node => node.stop())))
    watch(nodes, close)
    say(`Ready: ${nodes.map(node => node.url).join(' and ')}`)
    const [market, hospital] = nodes
    if (market && hospital && !wants('--empty')) {
      await playSample({ dataDir: config.DATA_DIR, world, market: market.url, hospital: hospital.url, say })
    }
    say(await summary({ dataDir: config.DATA_DIR, world, nodes: nodes.map(node => node.url) }))
  } catch (error) {
    await close()
    throw error
  }
}

/** A node that ends by itself takes the others with it: half a demonstration would only mislead. */
function watch(nodes: readonly NodeProcess[], close: () => Promise<void>): void {
  for (const node of nodes) {
    node.ended.then(async code => {
      if (ending) return
      if (code !== 0) say(`The node at ${node.url} ended with ${code}.`)
      await close()
      process.exit(code === 0 ? 0 : 2)
    })
  }
}

/** Nodes that end from here on were asked to. */
let ending = false

const onceOnly = (work: () => Promise<void>): (() => Promise<void>) => {
  let running: Promise<void> | undefined
  return () => {
    running ??= work()
    return running
  }
}

function fail(error: unknown): never {
  process.stderr.write(
    error instanceof ConfigError
      ? `${error.message}\n`
      : `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  )
  process.exit(2)
}

main().catch(fail)
