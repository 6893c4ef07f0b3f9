import { readFile } from 'node:fs/promises'
import { expect } from 'chai'

/** What must fail, in the words in which people ask, and the tests that do it: file below `test`, and title. */
const attacks: Readonly<Record<string, readonly (readonly [file: string, title: string])[]>> = {
  'the wrong bank': [
    ['exchange/releases/releases.test.ts', 'are refused to a bank without authorization, and the attempt is on record'],
    ['hostile/acts.test.ts', 'stays unknown to another distributor and another bank'],
    ['core/verify/authorization.test.ts', 'is false with what belongs to another agreement or application'],
  ],
  'a perfect bundle of a stranger’s deployment': [
    ['core/verify/bundle.test.ts', 'is false from a stranger, however perfect'],
  ],
  'one act’s signature offered as any other act’s, all pairs': [
    [
      'attacks/signatures.test.ts',
      'one act’s signature offered as any other act’s, and a login as any of them: all pairs',
    ],
    ['hostile/acts.test.ts', 'no other kind of act is taken, whatever it says'],
  ],
  'a login challenge used to get an authorization signed': [
    [
      'attacks/signatures.test.ts',
      'one act’s signature offered as any other act’s, and a login as any of them: all pairs',
    ],
    ['api/auth/token.test.ts', 'that is a signature over an act, whatever it says'],
  ],
  'wrong typ': [['core/jws-chain.test.ts', 'is refused as another act before anything else is looked at']],
  'stale, replayed or future assertion': [
    ['api/auth/token.test.ts', 'that has expired, is from more than 5 seconds ahead, or is not valid yet'],
    ['api/auth/token.test.ts', 'a second time, and of two at once takes one'],
    ['hostile/identity.test.ts', 'an assertion counts once'],
  ],
  'swapped or extra x5c': [
    ['core/jws-chain.test.ts', 'is refused under the thumbprint of another certificate, and taken without one'],
    ['core/jws-chain.test.ts', 'is refused when somebody else signed under the organization’s certificate'],
    ['core/jws-chain.test.ts', 'is refused with a certificate too many, or in another order'],
  ],
  'certificate revoked between signing and push': [
    [
      'exchange/releases/releases.test.ts',
      'end at once when a certificate under it is revoked, whoever signed by it, and for what was pulled before',
    ],
    [
      'exchange/pushes/pushes.test.ts',
      'does not go out once a certificate under it was revoked, be it after it was asked for or between two attempts',
    ],
  ],
  'a field outside of the scope': [
    ['exchange/releases/releases.test.ts', 'show of each document the agreed fields alone'],
    ['core/verify/authorization.test.ts', 'is false with a field that is not covered'],
  ],
  'a selector widened after signing': [
    [
      'exchange/authorizations/authorizations.test.ts',
      'come into force by both signatures, with their selectors frozen',
    ],
    ['core/verify/authorization.test.ts', 'is false with a record that is not covered'],
  ],
  'the use counter raced by 50 clients': [
    ['exchange/releases/releases.test.ts', 'never exceed the uses that were agreed, whoever races'],
  ],
  'another supplier’s invoice at the same hospital': [
    [
      'journey/released.test.ts',
      'went nothing of another supplier of the same hospital, with whose invoices nobody else applies',
    ],
  ],
  'alg none, wrong curve, detached or unencoded payloads': [
    ['attacks/signatures.test.ts', 'alg none, another curve, b64 and crit, doubled members, padding and white space'],
  ],
  'doubled JSON members, white space or padding in base64url': [
    ['attacks/signatures.test.ts', 'alg none, another curve, b64 and crit, doubled members, padding and white space'],
  ],
  'doubled or unreferenced disclosures': [
    ['core/sd-jwt.test.ts', 'with a disclosure that nothing refers to'],
    ['core/sd-jwt.test.ts', 'with the same disclosure twice'],
    ['core/verify/records.test.ts', 'are not good when a disclosure is foreign, doubled or of another form'],
  ],
  'a key binding for another audience': [
    // Of a document: there is none here, and one that is offered is refused. Of a release: the node's receipt.
    ['core/sd-jwt.test.ts', 'under another hash, without its tilde, with key binding, or changed by a character'],
    [
      'core/verify/authorization.test.ts',
      'is false where what binds it to its audience names another bank, seller, application or agreement',
    ],
  ],
  'a DPoP proof used again, and for another method and path': [
    ['hostile/identity.test.ts', 'needs a new proof for each request'],
    [
      'hostile/identity.test.ts',
      'needs a proof for this method, this address, this token, of now, by the key it is bound to',
    ],
  ],
  'an OCSP answer for another certificate, expired, or from an unauthorized responder': [
    ['core/x509/ocsp.test.ts', 'about another certificate, or of another CA, prove nothing'],
    ['core/x509/ocsp.test.ts', 'that are over, or from long after, prove nothing'],
    ['core/x509/ocsp.test.ts', 'of whom the CA gave no such right prove nothing'],
  ],
  'a zip bomb and deep nesting in an import': [
    ['core/zip.test.ts', 'are unpacked only as far as they say'],
    [
      'receivables/import/sheet/grid.test.ts',
      'stops at the row that is too many, and is not unpacked where it is too tightly packed',
    ],
    [
      'receivables/import/sheet/grid.test.ts',
      'refuses entities, depth, other encodings, broken order and what is no part of it',
    ],
    ['core/xml.test.ts', 'is refused by its fault, without expanding anything'],
  ],
}

describe('attacks that must fail', () => {
  for (const [attack, tests] of Object.entries(attacks)) {
    it(`${attack}: has tests that play it`, async () => {
      for (const [file, title] of tests) {
        const text = await readFile(new URL(`../${file}`, import.meta.url), 'utf8')
        const found = text.split('\n').some(line => /^\s*it\(/.test(line) && line.includes(title))
        expect(found, `${file} has a test “${title}”`).to.equal(true)
      }
    })
  }
})
