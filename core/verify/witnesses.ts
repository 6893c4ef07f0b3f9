import { type Cosignature, readCosignatures, sameWitness } from '../cosignature.ts'
import { type Note, parseNote } from '../note.ts'
import { keysOf, metAt, type Quorum } from '../quorum.ts'
import type { Trust } from '../trust.ts'
import { about, type Step } from './step.ts'

/** When witnesses saw the bundle's head, by their own clocks: what it covers is older. */
export type Witnessed = {
  /** First cosignature of any trusted witness. */
  readonly earliest: Date
  /** When as many had cosigned as the auditor asks for: no single witness can move it forward. */
  readonly quorumAt?: Date
}

/**
 * Whether as many witnesses as the auditor asks for saw this head as an extension of what they saw before. Where none is
 * asked for, the step says so: a log without witnesses rests on its anchors. Witnesses of the log's own operator count
 * for nothing.
 * @param at the instant of verifying; a cosignature of later than a minute after it is false
 */
export const checkWitnesses = async (
  checkpoint: string,
  trust: Pick<Trust, 'witnesses' | 'nodes'> | undefined,
  log: string,
  at: Date,
): Promise<{ readonly step: Step; readonly witnessed?: Witnessed }> => {
  const step = about('witnesses', log)
  let note: Note
  try {
    note = parseNote(checkpoint)
  } catch (error) {
    return { step: step.no(error instanceof Error ? error.message : 'unreadable') }
  }
  if (trust === undefined) return { step: step.unchecked('no trust settings: no witness is trusted') }
  const policy = independent(trust, log)
  const { good, bad } = await readCosignatures(note, keysOf(policy), new Date(at.getTime() + CLOCK_SKEW))
  if (bad[0] !== undefined) return { step: step.no(`the cosignature of ${bad[0].name} does not verify`) }
  const quorumAt = metAt(policy, key => first(good.filter(it => it.key === key)))
  const earliest = first(good)
  const names = [...new Set(good.map(({ key }) => key.name))].join(', ') || 'none'
  const witnessed = earliest && {
    earliest,
    ...(policy.quorum === 0 || quorumAt === undefined ? {} : { quorumAt }),
  }
  const outcome =
    policy.quorum === 0
      ? step.notRequired(`the trust settings ask for no witness; cosigned by: ${names}`)
      : quorumAt === undefined
        ? step.no(`${needed(policy)}; cosigned by: ${names}`)
        : step.yes(`${needed(policy)}; cosigned by: ${names}; enough of them by ${iso(quorumAt)}`)
  return { step: outcome, ...(witnessed === undefined ? {} : { witnessed }) }
}

const CLOCK_SKEW = 60_000

const independent = ({ witnesses, nodes }: Pick<Trust, 'witnesses' | 'nodes'>, log: string): Quorum => {
  const own = nodes.filter(({ origin }) => origin === log).flatMap(node => node.ownWitnesses ?? [])
  const without = ({ quorum, keys, groups = [] }: Quorum): Quorum => ({
    quorum,
    keys: keys.filter(key => !own.some(other => sameWitness(other, key))),
    groups: groups.map(without),
  })
  return without(witnesses)
}

const needed = ({ quorum, keys, groups = [] }: Quorum): string =>
  `${quorum} of ${keys.length + groups.length} trusted witnesses${groups.length === 0 ? '' : ' and groups'} are needed`

const first = (of: readonly Cosignature[]): Date | undefined =>
  of.map(({ time }) => time).sort((a, b) => a.getTime() - b.getTime())[0]

const iso = (time: Date): string => time.toISOString().replace('.000Z', 'Z')
