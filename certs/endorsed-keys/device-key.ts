import { Refusal } from '../../core/errors.ts'
import { parseCode } from '../../core/identifier/code.ts'
import type { PublicJwk } from '../../core/jwk.ts'
import { joined } from '../../db/joined.ts'
import type { Ask } from '../../db/reader.ts'
import type { Standing } from '../standing.ts'
import { type EndorsedKey, endorsementsNamed, keyOf } from './store.ts'

export type DeviceKey = {
  readonly thumbprint: string
  readonly uscc: string
  readonly jwk: PublicJwk
  /** Canonical code of the place where it stands. */
  readonly location: string
  /** undefined: any. */
  readonly steps: readonly string[] | undefined
  /** The endorsement as signed, and its place in the log. */
  readonly endorsement: string
  readonly logIndex: bigint
}

/** A scanner's key that is enrolled and may sign now: in its period, not revoked, its owner's certificate standing. */
export const createDeviceKey = (ask: Ask, standing: Standing, now: () => Date) => {
  // Asked with every capture: those that come together share one query, and none holds a connection while it waits for
  // another, by which a pool could be used up.
  const endorsed = joined<string, EndorsedKey | undefined>(async thumbprints => {
    const found = (await ask(endorsementsNamed([...new Set(thumbprints)]))).map(keyOf)
    return thumbprints.map(each => found.find(({ thumbprint, kind }) => thumbprint === each && kind === 'device'))
  })
  return async (thumbprint: string): Promise<DeviceKey | undefined> => {
    const key = await endorsed(thumbprint)
    const at = now()
    if (key === undefined || key.revokedAt !== null || at < key.notBefore || at > key.notAfter) return undefined
    const location = parseCode(key.location ?? '')
    if (!location.ok || !(await stands(standing, key.certificate))) return undefined
    const { uscc, jwk, steps, endorsement, logIndex } = key
    return { thumbprint, uscc, jwk, location: location.code.text, steps: steps ?? undefined, endorsement, logIndex }
  }
}

const stands = async (standing: Standing, certificate: string): Promise<boolean> => {
  try {
    await standing.certificate(certificate)
    return true
  } catch (error) {
    if (error instanceof Refusal) return false
    throw error
  }
}
