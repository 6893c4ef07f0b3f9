import { readdir, readFile } from 'node:fs/promises'

/** Seconds of processor time that a process has used, with all that it has started. Only Linux tells; 0 elsewhere. */
export async function cpuSeconds(root: number): Promise<number> {
  const stats = await Promise.all((await readdir('/proc').catch(() => [])).filter(isPid).map(statOf))
  const all = new Map(stats.flatMap(it => (it ? [[it.pid, it] as const] : [])))
  let ticks = 0
  for (const it of all.values()) if (descends(it.pid, root, all)) ticks += it.ticks
  return ticks / TICKS_PER_SECOND
}

/** Resident memory of a process in MB. */
export async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1]) / 1024
}

/** sysconf(_SC_CLK_TCK): 100 on every Linux there is. */
const TICKS_PER_SECOND = 100

type Stat = { readonly pid: number; readonly parent: number; readonly ticks: number }

const isPid = (name: string): boolean => /^\d+$/.test(name)

/** proc_pid_stat(5): the name is in parentheses and may hold anything, so fields count from its end. */
const statOf = async (pid: string): Promise<Stat | undefined> => {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  const [parent = 0, ticks = 0] = [fields[1], fields.slice(11, 15).reduce((sum, each) => sum + each, 0)]
  return { pid: Number(pid), parent, ticks }
}

const descends = (pid: number, root: number, all: ReadonlyMap<number, Stat>): boolean => {
  for (let at: number | undefined = pid; at !== undefined && at > 1; at = all.get(at)?.parent)
    if (at === root) return true
  return false
}
