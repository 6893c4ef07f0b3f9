import { sameWitness } from './cosignature.ts'
import type { NoteKey } from './note.ts'

/**
 * How many of which witnesses suffice (the groups of C2SP tlog-policy): of the keys and the groups together as many as
 * `quorum`; a group counts when its own quorum is met. 0 asks for none.
 */
export type Quorum = {
  readonly quorum: number
  readonly keys: readonly NoteKey[]
  readonly groups?: readonly Quorum[] | undefined
}

export const keysOf = ({ keys, groups = [] }: Quorum): readonly NoteKey[] => [...keys, ...groups.flatMap(keysOf)]

export const membersOf = ({ keys, groups = [] }: Quorum): number => keys.length + groups.length

/** One witness may speak in one place only, under whatever names. */
export const repeatedKey = (quorum: Quorum): NoteKey | undefined => {
  const keys = keysOf(quorum)
  return keys.find((key, i) => keys.slice(0, i).some(earlier => sameWitness(earlier, key)))
}

/** A quorum greater than its members could never be met. */
export const isPossible = (of: Quorum): boolean => of.quorum <= membersOf(of) && (of.groups ?? []).every(isPossible)

/**
 * The first instant at which enough witnesses had spoken, given when each first did; undefined when they have not, and
 * the beginning of time when nobody is asked for. Since the last of those needed dates it, no single witness can.
 */
export const metAt = (
  { quorum, keys, groups = [] }: Quorum,
  at: (key: NoteKey) => Date | undefined,
): Date | undefined => {
  if (quorum === 0) return new Date(0)
  const spoke = [...keys.map(at), ...groups.map(group => metAt(group, at))]
  return spoke.flatMap(time => time ?? []).sort((a, b) => a.getTime() - b.getTime())[quorum - 1]
}
