import { Command, InvalidArgumentError } from 'commander'
import type { Benchmark } from '../bench/benchmark.ts'
import { benchmarks } from '../bench/benchmarks.ts'
import { CommandError, type Terminal, wholeNumber } from './terminal.ts'

type Options = {
  readonly rounds: number
  readonly seconds: number
  readonly json?: boolean
  readonly profile?: string
  readonly only?: string
}

/** Each figure beside its yardstick, in one run on this machine. Takes both cores: run it on a quiet one. */
export const benchCommand = (terminal: Terminal): Command =>
  new Command('bench')
    .description(`measure this machine: ${Object.keys(benchmarks).join(', ')}; without a name it says what each does`)
    .argument('[name]')
    .option('--rounds <n>', 'how often ours and its yardstick take turns', positive, 5)
    .option('--seconds <n>', 'how long each of them works in a round', positive, 5)
    .option('--only <text>', 'only rows whose name contains this')
    .option('--profile <folder>', 'write CPU profiles of the node there (node --cpu-prof)')
    .option('--json', 'for machines: one object a line')
    .action(async (name: string | undefined, options: Options) => {
      if (name === undefined) return list(terminal)
      const { run } = await load(name)
      const { rounds, seconds, json = false, profile, only } = options
      return run(terminal.out, { rounds, seconds, json, profile, only })
    })

const list = async (terminal: Terminal): Promise<void> => {
  for (const name of Object.keys(benchmarks)) terminal.out(`${name.padEnd(12)}${(await load(name)).summary}`)
}

const load = async (name: string): Promise<Benchmark> => {
  const benchmark = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined
  if (!benchmark) throw new CommandError(`no benchmark is called ${name}: ${Object.keys(benchmarks).join(', ')}`)
  return benchmark()
}

const positive = (text: string): number => {
  const number = wholeNumber(text)
  if (number < 1) throw new InvalidArgumentError('takes a number from 1')
  return number
}
