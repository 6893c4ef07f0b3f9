import { type Move, moveSchema } from './authorization/states.ts'
import { type Jws, parseCompact } from './jws.ts'
import { parseGeneral } from './jws-general.ts'
import type { RecordType } from './record.ts'
import { parseJson } from './strict-json.ts'

/** The numbered statements that a record holds, before anybody's signature is believed; none in what can't be read. */
export const statementsIn = ({ type, body }: { readonly type: RecordType; readonly body: string }): readonly Jws[] =>
  readers[type]?.(body) ?? []

const compact = (text: string): readonly Jws[] => {
  const jws = parseCompact(text)
  return jws.ok ? [jws] : []
}

const readers: Partial<Record<RecordType, (body: string) => readonly Jws[]>> = {
  document: compact,
  confirmation: compact,
  decision: compact,
  financing: compact,
  authorization: body => {
    const general = parseGeneral(body)
    return general.ok ? general.signatures : []
  },
  'authorization-state': body => {
    const move = moveIn(body)
    return move?.statement === undefined ? [] : compact(move.statement)
  },
}

/** Types of records in which a statement can stand. */
export const carryingTypes = Object.keys(readers) as readonly RecordType[]

const moveIn = (body: string): Move | undefined => {
  try {
    return moveSchema.safeParse(parseJson(body)).data
  } catch {
    return undefined
  }
}
