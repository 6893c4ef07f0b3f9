import { InvalidArgumentError } from 'commander'
import { Refusal } from '../../core/errors.ts'

/** Where a command writes. `progress` only where somebody watches. */
export type Terminal = {
  readonly out: (line: string) => void
  readonly error: (line: string) => void
  readonly progress?: (line: string) => void
}

/** Exit codes of all commands. */
export const exit = { done: 0, false: 1, couldNotRun: 2, undecided: 3 } as const

/** Hands the exit code of the command that ran to whoever started it. */
export type Ran = (code: number) => void

/** What the caller must change, in one line. */
export class CommandError extends Error {}

/** One line, and nothing of where in the code it came from. */
export const lineOf = (error: unknown): string => {
  if (error instanceof Refusal) return `${error.code}: ${error.message}`
  const text = error instanceof Error ? messageOf(error) : String(error)
  return text.split('\n')[0] ?? ''
}

/** fetch says only "fetch failed", and why in its cause. */
const messageOf = (error: Error): string => {
  const { message, cause } = error
  return cause instanceof Error && message === 'fetch failed'
    ? `can not reach the node: ${cause.message || cause.name}`
    : message
}

/** How far long work is; on a terminal one line that moves. */
export const progressBar = (terminal: Terminal, what: string) => (done: bigint | number, all: bigint | number) => {
  const share = Number(all) === 0 ? 1 : Number(done) / Number(all)
  const filled = Math.round(share * 30)
  terminal.progress?.(`${what} ${'█'.repeat(filled)}${'░'.repeat(30 - filled)} ${done}/${all}`)
}

/** For options: a whole number. */
export const wholeNumber = (text: string): number => {
  if (!/^-?\d{1,9}$/.test(text)) throw new InvalidArgumentError('takes a whole number')
  return Number(text)
}

export const httpAddress = (text: string): string => {
  if (!URL.canParse(text) || !/^https?:\/\//.test(text))
    throw new InvalidArgumentError('takes an http or https address')
  return text.replace(/\/$/, '')
}

/** Options that may be given again: all of them. */
export const again = (text: string, before: readonly string[] = []): readonly string[] => [...before, text]
