import { equal } from '../bytes.ts'
import type { Certificate } from './certificate.ts'
import { extension, keyUsageBit, namesDirectory } from './extensions.ts'
import { isEmptyName, sameName } from './name.ts'
import { broken, type Finding } from './rules.ts'

/**
 * What RFC 5280 §4 asks of every certificate by itself, beyond being well formed. A conforming CA makes no other, so what
 * fails here was made by none, whoever signed it.
 * @param isAnchor an anchor need not say by whom it was issued: nobody asks
 */
export const checkProfile = (certificate: Certificate, isAnchor: boolean): Finding | undefined => {
  const { extensions, basicConstraints, keyUsage, subject } = certificate
  const critical = mustNotBeCritical.find(oid => extensions.get(oid)?.critical === true)
  if (critical !== undefined) return broken('EXTENSION_CRITICALITY', `extension ${critical} is critical`)
  // Whoever may stand in for the name that is missing must be read by everybody (§4.1.2.6); we read no such names.
  if (isEmptyName(subject)) return broken('SUBJECT')
  const isCa = basicConstraints?.ca === true
  const signs = keyUsage?.has(keyUsageBit.keyCertSign) === true
  if (!isCa && signs) return broken('KEY_USAGE', 'keyCertSign, but no CA (RFC 5280 §4.2.1.9)')
  return (isCa ? checkCaProfile(certificate) : undefined) ?? checkAuthorityKey(certificate, isAnchor)
}

const mustNotBeCritical = [
  extension.subjectKeyIdentifier,
  extension.authorityKeyIdentifier,
  extension.authorityInfoAccess,
  extension.subjectInfoAccess,
  extension.freshestCrl,
] as const

const checkCaProfile = ({ extensions, keyUsage, subjectKey }: Certificate): Finding | undefined => {
  if (extensions.get(extension.basicConstraints)?.critical !== true) {
    return broken('EXTENSION_CRITICALITY', 'the basic constraints of a CA are not critical (RFC 5280 §4.2.1.9)')
  }
  if (keyUsage === undefined) return broken('KEY_USAGE', 'a CA without key usage (RFC 5280 §4.2.1.3)')
  return subjectKey === undefined || subjectKey.length === 0 ? broken('SUBJECT_KEY') : undefined
}

const checkAuthorityKey = (certificate: Certificate, isAnchor: boolean): Finding | undefined => {
  const { authorityKey, subject, issuer } = certificate
  if (authorityKey === undefined) return isAnchor ? undefined : broken('AUTHORITY_KEY')
  if (authorityKey.keyIdentifier === undefined) {
    return broken('AUTHORITY_KEY', 'the authority key identifier holds no key identifier')
  }
  return isAnchor && sameName(subject, issuer) ? checkNamesIssuer(certificate, certificate) : undefined
}

/** Whether what a certificate says about its issuer's key, name and serial is so. */
export const checkNamesIssuer = (certificate: Certificate, issuer: Certificate): Finding | undefined => {
  const { keyIdentifier, issuer: issuerName, serial } = certificate.authorityKey ?? {}
  if (keyIdentifier && issuer.subjectKey && !equal(keyIdentifier, issuer.subjectKey)) return broken('AUTHORITY_KEY')
  if (serial && !equal(serial, issuer.serial)) return broken('AUTHORITY_KEY')
  return issuerName && !namesDirectory(issuerName, issuer.issuer.der) ? broken('AUTHORITY_KEY') : undefined
}
