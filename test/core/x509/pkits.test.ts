import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { equal, fromBase64 } from '../../../core/bytes.ts'
import { type Certificate, parseCertificate } from '../../../core/x509/certificate.ts'
import { type Anchor, validateChain } from '../../../core/x509/chain.ts'
import { type Crl, readableCrls } from '../../../core/x509/crl.ts'
import { type Rule, X509Error } from '../../../core/x509/rules.ts'
import { webcryptoVerify } from '../../../core/x509/webcrypto.ts'

/**
 * NIST's suite for path validation. It expects a path builder and every optional part of RFC 5280; we take one path and
 * refuse the optional parts. So what counts is that nothing invalid passes, on any path that could be sent, with every
 * list of the suite at hand; and the valid ones that pass are named, so that it is seen when their number changes.
 */
const suite: { certificates: Record<string, string>; crls: Record<string, string> } = JSON.parse(
  readFileSync(new URL('../../vectors/pkits.json', import.meta.url), 'utf8'),
)
const certificates = new Map(Object.entries(suite.certificates).map(([name, text]) => [name, fromBase64(text)]))

const parsed = (der: Uint8Array): Certificate | undefined => {
  try {
    return parseCertificate(der)
  } catch (error) {
    if (error instanceof X509Error) return undefined
    throw error
  }
}

const root = certificates.get('TrustAnchorRootCertificate')!
const cas = [...certificates].flatMap(([name, der]) => {
  const certificate = name.endsWith('EE') || der === root ? undefined : parsed(der)
  return certificate === undefined ? [] : [certificate]
})

/** Every chain that starts here, to the four certificates that a chain may have. */
const chainsFrom = (der: Uint8Array, length = 4): Uint8Array[][] => {
  const issuer = parsed(der)?.issuer
  const issuers = length > 1 && issuer ? cas.filter(ca => ca.der !== der && equal(ca.subject.der, issuer.der)) : []
  return [[der], ...issuers.flatMap(ca => chainsFrom(ca.der, length - 1).map(rest => [der, ...rest]))]
}

/** Valid for the suite and for us. The others need what we refuse: policies, name constraints, key roll-over inside a chain, split lists, DSA. */
const taken = [
  'ValidBasicSelfIssuedNewWithOldTest3EE',
  'ValidCertificatePathTest1EE',
  'ValidGeneralizedTimeCRLnextUpdateTest13EE',
  'ValidGeneralizedTimenotAfterDateTest8EE',
  'ValidGeneralizedTimenotBeforeDateTest4EE',
  'ValidLongSerialNumberTest16EE',
  'ValidLongSerialNumberTest17EE',
  'ValidNegativeSerialNumberTest14EE',
  'ValidNoissuingDistributionPointTest10EE',
  'ValidRFC3280MandatoryAttributeTypesTest7EE',
  'ValidRFC3280OptionalAttributeTypesTest8EE',
  'ValidTwoCRLsTest7EE',
  'ValidUTF8StringEncodedNamesTest9EE',
  'ValidUnknownNotCriticalCertificateExtensionTest1EE',
  'ValiddistributionPointTest1EE',
  'ValidkeyUsageNotCriticalTest3EE',
  'ValidpathLenConstraintTest7EE',
  'Validpre2000UTCnotBeforeDateTest3EE',
]

/** Invalid ones whose chain is whole, each refused for the reason that the suite made it for. */
const reasons = {
  InvalidEESignatureTest3EE: 'SIGNATURE',
  InvalidCAnotBeforeDateTest1EE: 'NOT_YET_VALID',
  InvalidEEnotBeforeDateTest2EE: 'NOT_YET_VALID',
  InvalidCAnotAfterDateTest5EE: 'EXPIRED',
  InvalidEEnotAfterDateTest6EE: 'EXPIRED',
  Invalidpre2000UTCEEnotAfterDateTest7EE: 'EXPIRED',
  InvalidMissingCRLTest1EE: 'CRL_MISSING',
  InvalidRevokedCATest2EE: 'REVOKED',
  InvalidRevokedEETest3EE: 'REVOKED',
  InvalidLongSerialNumberTest18EE: 'REVOKED',
  InvalidOldCRLnextUpdateTest11EE: 'CRL_STALE',
  Invalidpre2000CRLnextUpdateTest12EE: 'CRL_STALE',
  InvalidonlyContainsCACertsTest12EE: 'CRL_SCOPE',
  InvalidkeyUsageCriticalcRLSignFalseTest4EE: 'CRL_SIGNATURE',
  InvalidMissingbasicConstraintsTest1EE: 'NOT_A_CA',
  InvalidcAFalseTest2EE: 'NOT_A_CA',
  InvalidcAFalseTest3EE: 'NOT_A_CA',
  InvalidkeyUsageCriticalkeyCertSignFalseTest1EE: 'KEY_USAGE',
  InvalidkeyUsageNotCriticalkeyCertSignFalseTest2EE: 'KEY_USAGE',
  InvalidpathLenConstraintTest5EE: 'PATH_LENGTH',
  InvalidpathLenConstraintTest6EE: 'PATH_LENGTH',
  InvalidpathLenConstraintTest9EE: 'PATH_LENGTH',
  InvalidpathLenConstraintTest10EE: 'PATH_LENGTH',
  InvalidSelfIssuedpathLenConstraintTest16EE: 'PATH_LENGTH',
  InvalidUnknownCriticalCertificateExtensionTest2EE: 'EXTENSION_CRITICAL',
} as const satisfies Record<string, Rule>

describe('NIST PKITS', () => {
  const anchor: Anchor = { id: 'pkits', certificate: root, roles: ['auditor'], usccAt: '2.5.4.97', crl: 'required' }
  const at = new Date('2020-01-01T00:00:00Z')
  let crls: readonly Crl[]
  before(() => {
    crls = readableCrls(Object.values(suite.crls).map(fromBase64))
  })

  /** The suite's subjects hold no USCC, which is the last that is asked: to get so far is to pass. */
  const judge = async (name: string): Promise<ReadonlySet<Rule | 'passes'>> => {
    const outcomes = new Set<Rule | 'passes'>()
    for (const chain of chainsFrom(certificates.get(name)!)) {
      const result = await validateChain({ chain, anchors: [anchor], crls, at, verify: webcryptoVerify })
      outcomes.add(result.valid || (result.rule === 'USCC' && result.certificate === 0) ? 'passes' : result.rule)
    }
    return outcomes
  }
  const passing = async (prefix: string): Promise<readonly string[]> => {
    const passed: string[] = []
    for (const name of named(prefix)) if ((await judge(name)).has('passes')) passed.push(name)
    return passed
  }
  const named = (prefix: string) =>
    [...certificates.keys()].filter(name => name.startsWith(prefix) && name.endsWith('EE'))

  it('has none of its 115 invalid certificates taken', async () => {
    expect(named('Invalid')).to.have.length(115)
    expect(await passing('Invalid')).to.deep.equal([])
  })

  it('has the valid ones taken that need nothing we refuse', async () => {
    expect(await passing('Valid')).to.deep.equal(taken)
  })

  for (const [name, rule] of Object.entries(reasons)) {
    it(`finds ${rule} in ${name}`, async () => {
      // Chains that stop short of the root are among those tried.
      const outcomes = [...(await judge(name))].filter(outcome => outcome !== 'ANCHOR_UNKNOWN')
      expect(outcomes).to.deep.equal([rule])
    })
  }
})
