import { readFileSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '../../core/errors.ts'
import { parseTrust, type Trust } from '../../core/trust.ts'
import { get } from '../../scripts/sample/actor.ts'
import { type Player, type Stage, setStage } from './stage.ts'

/** The played sample, and what its parties' own clients can ask of it. */
export type World = Stage & {
  readonly trusted: () => Promise<Trust>
  /** Of the market's node; the hospital is asked at its own. */
  readonly read: <Reply>(player: Player, path: string) => Promise<Reply>
  /** Every item of a list that goes by cursor. */
  readonly all: <Item>(player: Player, path: string) => Promise<Item[]>
}

let users = 0
let opening: Promise<World> | undefined

/**
 * The one world of all files in this folder: started before the first test of whichever comes first, removed after the
 * last of them. Call in a `describe`.
 */
export function useWorld(): () => World {
  users += 1
  let world: World | undefined
  before(async function () {
    this.timeout(150_000)
    opening ??= open()
    world = await opening
  })
  after(async function () {
    this.timeout(60_000)
    users -= 1
    if (users === 0) await close()
  })
  return () => {
    if (!world) throw new Error('the world is not there before the tests')
    return world
  }
}

// When a filter leaves a file out, its hooks don't run, and nobody is the last.
after(async function () {
  this.timeout(60_000)
  await close()
})

async function open(): Promise<World> {
  const stage = await setStage()
  process.once('exit', () => bury(stage.dataDir))
  const read = async <Reply>(player: Player, path: string): Promise<Reply> =>
    get<Reply>(await stage.actor(player), path)
  return {
    ...stage,
    trusted: async () => parseTrust(await readFile(stage.trust, 'utf8')),
    read,
    async all<Item>(player: Player, path: string) {
      const items: Item[] = []
      for (let cursor = ''; ; ) {
        const joined = `${path}${path.includes('?') ? '&' : '?'}limit=100${cursor}`
        const page = await read<{ items: readonly Item[]; next: string | null }>(player, joined)
        items.push(...page.items)
        if (page.next === null) return items
        cursor = `&after=${page.next}`
      }
    },
  }
}

async function close(): Promise<void> {
  const world = await opening?.catch(() => undefined)
  opening = undefined
  await world?.remove()
}

/** A run that is broken off reaches no hook: what is still there is ended where only synchronous work can be done. */
function bury(dataDir: string): void {
  const end = (file: string, signal: NodeJS.Signals, group: boolean) => {
    try {
      const pid = Number(readFileSync(join(dataDir, file), 'utf8').split('\n')[0])
      if (pid > 1) process.kill(group ? -pid : pid, signal)
    } catch {
      // It has ended by itself.
    }
  }
  end('start.pid', 'SIGKILL', true)
  end('postgres/cluster/postmaster.pid', 'SIGQUIT', false)
  rmSync(join(dataDir, '..'), { recursive: true, force: true, maxRetries: 3 })
}

/** The code with which the node refuses, or what happened instead. */
export const refusalOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'nothing was refused',
    error => (error instanceof Refusal ? error.code : String(error)),
  )
