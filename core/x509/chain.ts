import type { Role } from '../access.ts'
import { isUscc, type Uscc } from '../uscc.ts'
import type { Certificate } from './certificate.ts'
import { type Broken, type PathAnchor, type PathInput, validatePath } from './path.ts'
import { broken, type Rule } from './rules.ts'

/** A CA certificate that somebody decided to trust, and for what. */
export type Anchor = PathAnchor & {
  readonly id: string
  /** What an organization certified under it may be. Which of these it is, the operator records when enrolling it. */
  readonly roles: readonly Role[]
  /** OID of the subject attribute that holds the USCC. */
  readonly usccAt: string
}

export type ChainInput = Omit<PathInput<Anchor>, 'purposes' | 'purposeRequired'>

export type ChainResult =
  | {
      readonly valid: true
      readonly leaf: Certificate
      readonly uscc: Uscc
      readonly name: string
      readonly anchorId: string
      readonly roles: readonly Role[]
    }
  | Broken

/** clientAuth, emailProtection, documentSigning (RFC 9336): what CAs give to keys of organizations. */
const purposes = ['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.4', '1.3.6.1.5.5.7.3.36'] as const

/** The path rules of {@link validatePath}, and whom the leaf names. Never throws, whatever the bytes. */
export const validateChain = async (input: ChainInput): Promise<ChainResult> => {
  const path = await validatePath({ ...input, purposes })
  return path.valid ? identify(path.leaf, path.anchor) : path
}

const organizationName = '2.5.4.10'
const commonName = '2.5.4.3'

/** Controls and direction marks can make one name look like another (CVE-2021-42574). */
const invisible = /[\p{Cc}\p{Bidi_Control}]/u

const identify = (leaf: Certificate, anchor: Anchor): ChainResult => {
  const { attributes } = leaf.subject
  const [uscc, ...moreUsccs] = attributes.get(anchor.usccAt) ?? []
  if (uscc === undefined || moreUsccs.length > 0 || !isUscc(uscc)) return atLeaf('USCC')
  const [name, ...moreNames] = attributes.get(organizationName) ?? attributes.get(commonName) ?? []
  if (name === undefined || moreNames.length > 0 || name.trim() === '' || invisible.test(name)) return atLeaf('NAME')
  return { valid: true, leaf, uscc, name, anchorId: anchor.id, roles: anchor.roles }
}

const atLeaf = (rule: Rule): Broken => ({ valid: false, certificate: 0, ...broken(rule) })
