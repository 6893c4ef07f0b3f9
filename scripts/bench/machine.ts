import { cpus, loadavg, totalmem } from 'node:os'

export type Machine = {
  readonly cpu: string
  readonly cores: number
  readonly ramGb: number
  readonly node: string
  /** Mean number of runnable processes over the last minute: others' work, where it is not ours. */
  readonly load: number
  readonly at: string
}

export const describeMachine = (): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: cpus().length,
  ramGb: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  at: new Date().toISOString(),
})

/** @param postgres version and durability settings, where a database is part of what is measured */
export const sayMachine = (out: (line: string) => void, json: boolean, postgres?: string): void => {
  const machine = { ...describeMachine(), ...(postgres ? { postgres } : {}) }
  const { cpu, cores, ramGb, node, load, at } = machine
  const line = `${at}  ${cpu}, ${cores} cores, ${ramGb} GB, Node ${node}${postgres ? `, ${postgres}` : ''}, load ${load}`
  out(json ? JSON.stringify({ machine }) : line)
}
