import { type Jws, parseCompact } from '../jws.ts'
import { parseGeneral } from '../jws-general.ts'
import { parseMandate } from '../mandate.ts'
import type { RecordType } from '../record.ts'
import { statementsIn } from '../statements-in.ts'

/** Ids of the mandates that the acts in a record carry, the second clerk's too; of what can't be read, none. */
export const mandatesIn = (type: RecordType, body: string): readonly string[] =>
  actsIn(type, body).flatMap(({ header: { mandate, approval } }) => {
    const word = approval === undefined ? undefined : parseCompact(approval)
    return [mandate, word?.ok ? word.header.mandate : undefined].flatMap(text => idOf(text) ?? [])
  })

const actsIn = (type: RecordType, body: string): readonly Jws[] => {
  if (type === 'authorization') {
    const general = parseGeneral(body)
    return general.ok ? general.signatures : []
  }
  if (type === 'question' || type === 'application') {
    const jws = parseCompact(body)
    return jws.ok ? [jws] : []
  }
  return statementsIn({ type, body })
}

const idOf = (text: string | undefined): string | undefined => {
  const jws = text === undefined ? undefined : parseCompact(text)
  if (!jws?.ok) return undefined
  try {
    return parseMandate(jws.payload).id
  } catch {
    return undefined
  }
}
