import { fromUtf8 } from '../bytes.ts'
import { Der, malformed, openOnly, tag } from '../x509/der.ts'
import { generalizedTimeOf, readInteger, readOctetBits, readOid, readSmallInteger } from '../x509/values.ts'

/** An electronic seal and its use on one document, as GB/T 38540 (version 4) has them. Times are milliseconds since 1970. */
export type SealSignature = {
  /** What the signer signed. */
  readonly signed: Uint8Array
  readonly seal: Seal
  readonly signedAt: number
  /** SM3 of the signature description. */
  readonly dataHash: Uint8Array
  /** Path of the signature description. */
  readonly property: string
  /** DER. */
  readonly signer: Uint8Array
  readonly algorithm: string
  readonly signature: Uint8Array
}

export type Seal = {
  /** What the seal's maker signed. */
  readonly signed: Uint8Array
  readonly id: string
  readonly name: string
  /** DER of the certificates that may use it, or SM3 of each. */
  readonly users: { readonly certificates: readonly Uint8Array[] } | { readonly digests: readonly Uint8Array[] }
  readonly validFrom: number
  readonly validTo: number
  /** DER of the maker's certificate. */
  readonly maker: Uint8Array
  readonly algorithm: string
  readonly signature: Uint8Array
}

const MAX_BYTES = 4 << 20

/** Throws X509Error on anything but strict DER of version 4; earlier ones (GM/T 0031) are told by their number. */
export const parseSealSignature = (der: Uint8Array): SealSignature => {
  if (der.length > MAX_BYTES) throw malformed('the seal is too large')
  const outer = openOnly(der, tag.sequence)
  const signed = outer.read(tag.sequence)
  const body = new Der(signed.value)
  const version = readSmallInteger(body)
  if (version !== 4) throw malformed(`a seal of version ${version}: only version 4, GB/T 38540, is read`)
  const seal = readSeal(body)
  const signedAt = generalizedTimeOf(body.read(tag.generalizedTime).value)
  const dataHash = readOctetBits(body)
  const property = text(body, tag.ia5String)
  body.optional(tag.context(0))
  body.end()
  const signer = outer.read(tag.octetString).value
  const algorithm = readOid(outer)
  const signature = readOctetBits(outer)
  // A time-stamp may follow. It is not judged here, so the time stays a claim.
  outer.optional(tag.context(0))
  outer.end()
  return { signed: signed.der, seal, signedAt, dataHash, property, signer, algorithm, signature }
}

const readSeal = (parent: Der): Seal => {
  const reader = parent.open(tag.sequence)
  const signed = reader.read(tag.sequence)
  const maker = reader.read(tag.octetString).value
  const algorithm = readOid(reader)
  const signature = readOctetBits(reader)
  reader.end()

  const body = new Der(signed.value)
  const header = body.open(tag.sequence)
  if (text(header, tag.ia5String) !== 'ES') throw malformed('not an electronic seal')
  if (readSmallInteger(header) !== 4) throw malformed('the seal is of another version than its use')
  header.read(tag.ia5String)
  header.end()
  const id = text(body, tag.ia5String)
  const property = body.open(tag.sequence)
  readInteger(property)
  const name = text(property, tag.utf8String)
  const users = readUsers(property)
  property.read(tag.generalizedTime)
  const validFrom = generalizedTimeOf(property.read(tag.generalizedTime).value)
  const validTo = generalizedTimeOf(property.read(tag.generalizedTime).value)
  property.end()
  body.read(tag.sequence)
  // Extensions, written with or without their tag.
  if (body.peek() !== undefined) body.any()
  body.end()
  return { signed: signed.der, id, name, users, validFrom, validTo, maker, algorithm, signature }
}

const MAX_USERS = 64

const readUsers = (property: Der): Seal['users'] => {
  const kind = readSmallInteger(property)
  const list = property.open(tag.sequence)
  const users: Uint8Array[] = []
  while (list.peek() !== undefined) {
    if (users.length === MAX_USERS) throw malformed(`a seal has at most ${MAX_USERS} users`)
    if (kind === 1) users.push(list.read(tag.octetString).value)
    else {
      const digest = list.open(tag.sequence)
      digest.read(tag.printableString)
      users.push(digest.read(tag.octetString).value)
      digest.end()
    }
  }
  if (kind !== 1 && kind !== 2) throw malformed('unknown kind of list of users')
  return kind === 1 ? { certificates: users } : { digests: users }
}

const text = (reader: Der, expected: number): string => fromUtf8(reader.read(expected).value)
