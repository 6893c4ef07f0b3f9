import { expect } from 'chai'
import type { Rule } from '../../../core/x509/rules.ts'
import { certificates, judge } from './pkits.ts'

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
