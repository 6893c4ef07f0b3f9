import { readAct } from '../act.ts'
import type { Bundle } from '../bundle.ts'
import { parseCompact } from '../jws.ts'
import { disclosedDigest, type ReleaseReceipt, releaseReceiptSchema } from '../release.ts'
import type { Trust } from '../trust.ts'
import { typ } from '../typ.ts'
import { trustedNodes } from './log.ts'
import type { Opened } from './records.ts'
import { judgeByNode } from './signed.ts'
import { about, type Step } from './step.ts'

/**
 * Whether the node whose key signed the receipt gave these very records, with these very disclosures, to this bank: what
 * RFC 9901 §4.3 does with a key binding for one document, done once for all of them. Audience is the grantee, nonce the
 * id of the request.
 */
export const checkRelease = async (
  bundle: Bundle,
  opened: readonly Opened[],
  trust: Trust | undefined,
): Promise<Step> => {
  const step = about('release', bundle.application.id)
  const jws = parseCompact(bundle.release)
  if (!jws.ok) return step.no(jws.detail)
  let receipt: ReleaseReceipt
  try {
    receipt = readAct(releaseReceiptSchema, jws.payload)
  } catch (error) {
    return step.no(error instanceof Error ? error.message : 'unreadable')
  }
  const trouble = differs(bundle, receipt) ?? otherRecords(bundle, opened, receipt)
  if (trouble !== undefined) return step.no(trouble)
  if (trust === undefined) return step.unchecked('no trust settings: nobody knows the key of this node')
  const judged = await judgeByNode(jws, typ.releaseReceipt, trustedNodes(trust, bundle.log, new Date(receipt.at)))
  if (judged.outcome !== 'true') return step.no(judged.detail)
  return step.yes(`released to ${receipt.grantee} at ${receipt.at}, ${receipt.records.length} records, ${receipt.id}`)
}

const differs = ({ application, authorization, createdAt }: Bundle, receipt: ReleaseReceipt): string | undefined => {
  if (receipt.grantee !== application.bank) return `these records were released to ${receipt.grantee}`
  if (receipt.subject !== application.seller) return `the receipt is for records of ${receipt.subject}`
  if (receipt.application !== application.id) return 'the receipt is for another application'
  if (receipt.agreement !== authorization) return 'the receipt is under another authorization'
  if (Date.parse(receipt.at) > Date.parse(createdAt)) return 'the receipt is from after the bundle'
  return undefined
}

const otherRecords = ({ records }: Bundle, opened: readonly Opened[], receipt: ReleaseReceipt): string | undefined => {
  if (receipt.records.length !== records.length) {
    return `${receipt.records.length} records were released, ${records.length} are here`
  }
  for (const [i, { id, disclosed }] of receipt.records.entries()) {
    if (opened[i]?.id !== id) return `record ${records[i]?.index} is not the one that was released`
    const disclosures = records[i]?.disclosures
    if (disclosed !== (disclosures && disclosedDigest(disclosures))) {
      return `of record ${records[i]?.index} other fields are disclosed than were released`
    }
  }
  return undefined
}
