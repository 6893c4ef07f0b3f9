import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fromBase64 } from '../../../core/bytes.ts'
import { type Anchor, validateChain } from '../../../core/x509/chain.ts'
import { type Crl, readableCrls } from '../../../core/x509/crl.ts'
import type { Rule } from '../../../core/x509/rules.ts'
import { webcryptoVerify } from '../../../core/x509/webcrypto.ts'

/**
 * NIST's suite for path validation. It expects a path builder and every optional part of RFC 5280; we take one path and
 * refuse the optional parts. So what counts is that nothing invalid passes, on any path that could be sent, with every
 * list of the suite at hand; and the valid ones that pass are named, so that it is seen when their number changes.
 */
export const suite: { certificates: Record<string, string>; crls: Record<string, string> } = JSON.parse(
  readFileSync(new URL('../../vectors/pkits.json', import.meta.url), 'utf8'),
)
export const certificates = new Map(Object.entries(suite.certificates).map(([name, text]) => [name, fromBase64(text)]))

/** Read by another program, which also takes what we refuse to read; case and spaces folded (RFC 5280 §7.1). */
const named = (der: Uint8Array) => {
  const { subject, issuer } = new X509Certificate(der)
  const [of, by] = [subject, issuer].map(name => name?.toLowerCase().replaceAll(/[\s\\]/g, ''))
  return { der, of, by }
}

const root = certificates.get('TrustAnchorRootCertificate')!
const rootName = named(root).of
const cas = [...certificates].flatMap(([name, der]) => (name.endsWith('EE') || der === root ? [] : [named(der)]))

/** Every chain that starts here and ends below the root, one longer than a chain may be included. */
const chainsFrom = (end: ReturnType<typeof named>, length = 5): Uint8Array[][] => {
  const issuers = length > 1 ? cas.filter(ca => ca.der !== end.der && ca.of === end.by) : []
  const longer = issuers.flatMap(ca => chainsFrom(ca, length - 1).map(rest => [end.der, ...rest]))
  return end.by === rootName ? [[end.der], ...longer] : longer
}

/** Every list of the suite, DER. */
export const crls = Object.values(suite.crls).map(fromBase64)
export const at = new Date('2020-01-01T00:00:00Z')
const anchor: Anchor = { id: 'pkits', certificate: root, roles: ['auditor'], usccAt: '2.5.4.97', crl: 'required' }
let read: readonly Crl[] | undefined

/** The suite's subjects hold no USCC, which is the last that is asked: to get so far is to pass. */
export const judge = async (name: string): Promise<ReadonlySet<Rule | 'passes'>> => {
  read ??= readableCrls(crls)
  const outcomes = new Set<Rule | 'passes'>()
  for (const chain of chainsFrom(named(certificates.get(name)!))) {
    const result = await validateChain({ chain, anchors: [anchor], crls: read, at, verify: webcryptoVerify })
    outcomes.add(result.valid || (result.rule === 'USCC' && result.certificate === 0) ? 'passes' : result.rule)
  }
  return outcomes
}
