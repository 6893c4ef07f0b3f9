import { accompanies, allowsClaim, coveringResource } from '../../core/authorization/scope.ts'
import type { Frozen } from '../../core/authorization/states.ts'
import { isOwnQuery, subjectOf } from '../../core/authorization/subject.ts'
import type { Authorization } from '../../core/authorization.ts'
import { isBundledType } from '../../core/bundle.ts'
import { base64url, fromUtf8 } from '../../core/bytes.ts'
import { Refusal } from '../../core/errors.ts'
import { joinSdJwt, parseSdJwt } from '../../core/sd-jwt.ts'
import type { Material, Releasable } from './material.ts'

export type Filtered = {
  /** In log order, each with only the disclosures that the agreement names. */
  readonly released: readonly Releasable[]
  /** What the agreement doesn't cover. */
  readonly withheld: readonly bigint[]
}

/**
 * What of these records may leave. Refusal OUT_OF_SCOPE where a resource stands for more records than was agreed: any
 * choice among them would be ours, and could mislead.
 */
export const filter = (payload: Authorization, frozen: Frozen, material: readonly Material[]): Filtered => {
  const counts = new Map<number, number>()
  const released: Releasable[] = []
  const withheld: bigint[] = []
  for (const record of [...material].sort((a, b) => (a.index < b.index ? -1 : 1))) {
    const { type, org, disclosures } = record
    if (!isBundledType(type)) {
      withheld.push(record.index)
      continue
    }
    if (accompanies(type)) {
      released.push({ ...record, type })
      continue
    }
    const read = { type, org, salt: base64url(record.salt), body: fromUtf8(record.body), disclosures }
    if (isOwnQuery(read, payload)) {
      released.push({ ...record, type })
      continue
    }
    const found = subjectOf(read)
    // The log knows the parties of records that don't name them.
    const subject = found && { ...found, parties: found.parties ?? record.parties }
    const position = subject && coveringResource(payload, frozen, subject)
    const resource = position === undefined ? undefined : payload.resources[position]
    if (position === undefined || resource === undefined) {
      withheld.push(record.index)
      continue
    }
    const count = (counts.get(position) ?? 0) + 1
    if (count > resource.maxRecords) {
      throw new Refusal('OUT_OF_SCOPE', `More than ${resource.maxRecords} records of ${resource.type} are not agreed`)
    }
    counts.set(position, count)
    const shown = disclosures && { disclosures: permitted(read.body, disclosures, resource.fields) }
    released.push({ ...record, type, ...shown })
  }
  return { released, withheld }
}

const permitted = (jwt: string, disclosures: readonly string[], fields: readonly string[]): readonly string[] => {
  const document = parseSdJwt(joinSdJwt(jwt, disclosures))
  if (!document.ok) throw new SyntaxError(document.detail)
  return document.disclosures.filter(({ path }) => allowsClaim(fields, path)).map(({ text }) => text)
}
