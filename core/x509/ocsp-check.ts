import { equal, hex } from '../bytes.ts'
import { type Certificate, parseCertificate } from './certificate.ts'
import { openOnly, tag } from './der.ts'
import { extension, keyUsageBit } from './extensions.ts'
import { checkLists, type ListTools, since } from './lists.ts'
import { sameName } from './name.ts'
import type { CertificateId, OcspAnswer, Status } from './ocsp.ts'
import { checkProfile } from './profile.ts'
import { broken, type Finding, X509Error } from './rules.ts'
import { isSignatureBy } from './signed-by.ts'
import { readOctetBits } from './values.ts'

/** How long an answer without next update stays current: its responder says that it always has newer ones (§4.2.2.1). */
const CURRENT_MS = 24 * 3600 * 1000

/**
 * A later answer that says good counts too, since a revocation is not taken back: so late may it come for a signature
 * that waited for its evidence. Only a suspension that was lifted in between does not show.
 */
const LATE_MS = 7 * 24 * 3600 * 1000

/**
 * What an answer says about a certificate at an instant: undefined for good, otherwise why it proves nothing, or REVOKED.
 * @param at milliseconds since 1970
 */
export const checkAnswer = async (
  answer: OcspAnswer,
  certificate: Certificate,
  issuer: Certificate,
  at: number,
  tools: ListTools,
): Promise<Finding | undefined> => {
  const status = await statusOf(answer, certificate, issuer)
  if (status === undefined) return broken('OCSP_OTHER')
  const trouble = await checkResponder(answer, issuer, tools)
  if (trouble !== undefined) return trouble
  if (status.status === 'unknown') return broken('OCSP_UNKNOWN')
  if (status.revocation !== undefined) {
    const from = since(status.revocation)
    const said = `revoked since ${new Date(from).toISOString()}, reason ${status.revocation.reason}`
    return broken(from <= at ? 'REVOKED' : 'OCSP_STALE', said)
  }
  return isCurrent(status, certificate, at) ? undefined : broken('OCSP_STALE')
}

const isCurrent = ({ thisUpdate, nextUpdate }: Status, { notAfter }: Certificate, at: number): boolean =>
  thisUpdate <= at
    ? at <= (nextUpdate ?? thisUpdate + CURRENT_MS)
    : // Of an expired certificate a responder may know nothing any more.
      thisUpdate - at <= LATE_MS && thisUpdate <= notAfter

const statusOf = async (
  { statuses }: OcspAnswer,
  certificate: Certificate,
  issuer: Certificate,
): Promise<Status | undefined> => {
  const serial = hex(certificate.serial)
  for (const status of statuses) {
    if (status.serial === serial && (await isIssuedBy(status, issuer))) return status
  }
  return undefined
}

export const isIssuedBy = async ({ hash, nameHash, keyHash }: CertificateId, issuer: Certificate): Promise<boolean> =>
  equal(nameHash, await digest(hash, issuer.subject.der)) && equal(keyHash, await digest(hash, keyOf(issuer)))

export const certificateId = async (
  certificate: Pick<Certificate, 'serial'>,
  issuer: Certificate,
  hash: CertificateId['hash'],
): Promise<CertificateId> => ({
  hash,
  nameHash: await digest(hash, issuer.subject.der),
  keyHash: await digest(hash, keyOf(issuer)),
  serial: hex(certificate.serial),
})

/** Either the CA itself has signed, or whom it certified for nothing else (§4.2.2.2): never a responder of our choosing. */
const checkResponder = async (
  answer: OcspAnswer,
  issuer: Certificate,
  tools: ListTools,
): Promise<Finding | undefined> => {
  if (await isResponder(answer, issuer)) {
    return (await isSignatureBy(issuer, answer, tools.verify)) ? undefined : broken('OCSP_SIGNATURE')
  }
  for (const der of answer.certificates) {
    const delegate = readable(der)
    if (delegate === undefined || !(await isResponder(answer, delegate))) continue
    const trouble = await checkDelegate(delegate, issuer, answer.producedAt, tools)
    if (trouble !== undefined) return broken('OCSP_RESPONDER', trouble)
    return (await isSignatureBy(delegate, answer, tools.verify)) ? undefined : broken('OCSP_SIGNATURE')
  }
  return broken('OCSP_RESPONDER')
}

const ocspSigning = '1.3.6.1.5.5.7.3.9'

const checkDelegate = async (
  delegate: Certificate,
  issuer: Certificate,
  at: number,
  tools: ListTools,
): Promise<string | undefined> => {
  const { extendedKeyUsage, keyUsage, extensions } = delegate
  if (extendedKeyUsage?.has(ocspSigning) !== true) return 'the responder’s certificate is not for answering'
  if (keyUsage?.has(keyUsageBit.digitalSignature) === false) return 'the responder’s key is not for signing'
  const profile = checkProfile(delegate, false)
  if (profile !== undefined) return `the responder’s certificate: ${profile.detail}`
  if (!sameName(delegate.issuer, issuer.subject)) return 'the responder was certified by another CA'
  if (!(await isSignatureBy(issuer, delegate, tools.verify))) return 'the responder was certified by another key'
  if (!(delegate.notBefore <= at && at <= delegate.notAfter)) return 'the responder’s certificate was not valid'
  const noCheck = extensions.has(extension.ocspNoCheck)
  const standing = noCheck ? undefined : await checkLists(delegate, issuer, tools, at)
  return standing && `the responder’s certificate: ${standing.detail}`
}

const isResponder = async ({ responder }: OcspAnswer, certificate: Certificate): Promise<boolean> =>
  'name' in responder
    ? equal(responder.name, certificate.subject.der)
    : equal(responder.keyHash, await digest('SHA-1', keyOf(certificate)))

const readable = (der: Uint8Array): Certificate | undefined => {
  try {
    return parseCertificate(der)
  } catch (error) {
    if (error instanceof X509Error) return undefined
    throw error
  }
}

/** What is in the BIT STRING, which is what OCSP hashes. */
const keyOf = ({ publicKey }: Certificate): Uint8Array => {
  const spki = openOnly(publicKey.spki, tag.sequence)
  spki.read(tag.sequence)
  return readOctetBits(spki)
}

const digest = async (hash: CertificateId['hash'], bytes: Uint8Array): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest(hash, new Uint8Array(bytes)))
