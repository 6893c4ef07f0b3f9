import { captureProofs } from '../capture/store.ts'
import { mandateRecords } from '../certs/mandates/store.ts'
import { selects } from '../core/authorization/scope.ts'
import { subjectOf } from '../core/authorization/subject.ts'
import { base64url, fromUtf8 } from '../core/bytes.ts'
import { mandatesIn } from '../core/mandate/carried.ts'
import type { Tx } from '../db/database.ts'
import type { AuthorizationDeps } from '../exchange/authorizations/deps.ts'
import type { Material } from '../exchange/releases/material.ts'
import { readRecords, recordsBetween, type StoredRecord } from '../ledger/records.ts'
import { disclosuresOf } from '../receivables/documents/material.ts'

/** Records with what the features keep beside them: the ledger has bodies, documents disclosures, captures signatures. */
export const readMaterial = async (tx: Tx, indexes: readonly bigint[]): Promise<readonly Material[]> =>
  withParts(tx, await withMandates(tx, await readRecords(tx, indexes)))

/** What clerks signed goes with the mandates by which they did, and with what ended these. */
const withMandates = async (tx: Tx, records: readonly StoredRecord[]): Promise<readonly StoredRecord[]> => {
  const carried = new Set(records.flatMap(({ type, body }) => mandatesIn(type, fromUtf8(body))))
  if (carried.size === 0) return records
  const held = new Set(records.map(({ index }) => index))
  const more = await readRecords(
    tx,
    (await mandateRecords(tx, [...carried])).filter(index => !held.has(index)),
  )
  return [...records, ...more]
}

const withParts = async (tx: Tx, records: readonly StoredRecord[]): Promise<Material[]> => {
  const indexes = records.map(record => record.index)
  const disclosures = await disclosuresOf(tx, indexes)
  const captures = await captureProofs(tx, indexes)
  return records.map(record => {
    const [shown, capture] = [disclosures.get(record.index), captures.get(record.index)]
    return { ...record, ...(shown ? { disclosures: shown } : {}), ...(capture ? { capture } : {}) }
  })
}

const typesOf = {
  order: ['document'],
  delivery: ['document'],
  invoice: ['document'],
  scan: ['event'],
  confirmation: ['question', 'confirmation'],
} as const

/** Hex commitments of what a selector stands for at this moment: what is frozen when an authorization becomes active. */
export const resolveSelector: AuthorizationDeps['resolveSelector'] = async (
  tx,
  { type, selector, subject, holders },
) => {
  const records = await withParts(tx, await recordsBetween(tx, typesOf[type], [subject, selector.hospital]))
  return records.flatMap(record => {
    const { type: recordType, org, salt, body, disclosures, parties } = record
    const found = subjectOf({ type: recordType, org, salt: base64url(salt), body: fromUtf8(body), disclosures })
    if (!found || found.resource !== type || !holders.includes(org)) return []
    return selects(selector, { ...found, parties: found.parties ?? parties }) ? [found.id] : []
  })
}
