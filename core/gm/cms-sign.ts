import { fromHex } from '../bytes.ts'
import { parseCertificate } from '../x509/certificate.ts'
import { tag } from '../x509/der.ts'
import { element, oid, unsignedInteger } from '../x509/der-write.ts'
import { attributeTypes, type ContentTypes, contentTypes } from './cms.ts'
import type { Sm2PrivateKey } from './key.ts'
import { sm2Sign } from './sm2.ts'
import { sm3 } from './sm3.ts'

export type CmsForm = {
  readonly types?: ContentTypes
  /** Whether content type and digest are signed in the content's place. */
  readonly attributes?: boolean
  /** DER of those to send along. An act names its own in `x5c`, so none are needed there. */
  readonly certificates?: readonly Uint8Array[]
}

/** DER of a detached SignedData (GM/T 0010) over the content. */
export const signDetached = (content: Uint8Array, key: Sm2PrivateKey, leaf: Uint8Array, form?: CmsForm): Uint8Array =>
  assembleDetached(content, leaf, bytes => sm2SignatureDer(sm2Sign(key, bytes)), form)

/** The same around the bare numbers that a card gives. @param sign DER SEQUENCE of r and s over the bytes it gets */
export const assembleDetached = (
  content: Uint8Array,
  leaf: Uint8Array,
  sign: (signed: Uint8Array) => Uint8Array,
  { types = 'gm', attributes = false, certificates = [] }: CmsForm = {},
): Uint8Array => {
  const { signedData, data } = contentTypes[types]
  const { issuer, serial } = parseCertificate(leaf)
  const signedAttributes = attributes ? attributeSet(data, content) : undefined
  const signature = sign(signedAttributes ?? content)
  const signer = element(
    tag.sequence,
    one,
    element(tag.sequence, issuer.der, element(tag.integer, serial)),
    sm3Algorithm,
    ...(signedAttributes === undefined ? [] : [retagged(signedAttributes)]),
    sm2Algorithm,
    element(tag.octetString, signature),
  )
  const signedDataOf = element(
    tag.sequence,
    one,
    element(tag.set, sm3Algorithm),
    element(tag.sequence, oid(data)),
    ...(certificates.length === 0 ? [] : [element(tag.context(0), ...certificates)]),
    element(tag.set, signer),
  )
  return element(tag.sequence, oid(signedData), element(tag.context(0), signedDataOf))
}

/** r ‖ s as the SEQUENCE of two INTEGERs that certificates and CMS hold. */
export const sm2SignatureDer = (raw: Uint8Array): Uint8Array =>
  element(tag.sequence, unsignedInteger(raw.subarray(0, 32)), unsignedInteger(raw.subarray(32)))

/** DER SET OF: the shorter element comes first, which here is the content type under either identifier. */
const attributeSet = (data: string, content: Uint8Array): Uint8Array =>
  element(
    tag.set,
    attribute(attributeTypes.contentType, oid(data)),
    attribute(attributeTypes.messageDigest, element(tag.octetString, sm3(content))),
  )

const attribute = (type: string, value: Uint8Array): Uint8Array =>
  element(tag.sequence, oid(type), element(tag.set, value))

const retagged = (set: Uint8Array): Uint8Array => {
  const copy = new Uint8Array(set)
  copy[0] = tag.context(0)
  return copy
}

const one = unsignedInteger(Uint8Array.of(1))
const sm3Algorithm = fromHex('300c06082a811ccf550183110500')
/** sm2sign, 1.2.156.10197.1.301.1. */
const sm2Algorithm = fromHex('300d06092a811ccf5501822d010500')
