import { expect } from 'chai'
import fc from 'fast-check'
import { type Authority, createAuthority, issueFromCsr } from '../../../certs/authority.ts'
import { exportPrivateKeyPem, makeHeldKey } from '../../../certs/keys.ts'
import { fromHex, hex, utf8 } from '../../../core/bytes.ts'
import { type ContentTypes, checkDetached, contentTypes, parseGmCms } from '../../../core/gm/cms.ts'
import { assembleDetached, type CmsForm, signDetached, sm2SignatureDer } from '../../../core/gm/cms-sign.ts'
import type { Sm2PrivateKey } from '../../../core/gm/key.ts'
import { sm2Sign } from '../../../core/gm/sm2.ts'
import { isSm2Key } from '../../../core/private-key.ts'
import { parseUscc } from '../../../core/uscc.ts'
import { type Certificate, parseCertificate } from '../../../core/x509/certificate.ts'
import { element, unsignedInteger } from '../../../core/x509/der-write.ts'
import { webcryptoVerify } from '../../../core/x509/webcrypto.ts'
import { openssl, opensslBytes } from '../../certs/openssl.ts'

const content = utf8('eyJhbGciOiJTTTItQ01TIn0.e30')
const id = 'distid:1234567812345678'

type Holder = { readonly key: Sm2PrivateKey; readonly leaf: Certificate }

const hold = async (authority: Authority): Promise<Holder> => {
  const { key, csr } = await makeHeldKey('sm2', 'x')
  if (!isSm2Key(key)) throw new Error('no SM2 key was made')
  const now = new Date()
  const notAfter = new Date(now.getTime() + 86_400_000)
  const subject = { uscc: parseUscc('91350100M000100Y43'), name: 'Hospital', notBefore: now, notAfter }
  return { key, leaf: parseCertificate((await issueFromCsr(authority, csr, subject)).chain[0]) }
}

describe('detached GM CMS', () => {
  let holder: Holder
  let other: Holder
  before(async () => {
    const authority = await createAuthority({ name: '国密', now: new Date(), suite: 'sm2' })
    holder = await hold(authority)
    other = await hold(authority)
  })
  const sign = (form?: CmsForm, signed = content) => signDetached(signed, holder.key, holder.leaf.der, form)
  const check = (cms: Uint8Array, signed = content, leaf = holder.leaf) =>
    checkDetached(cms, signed, leaf, webcryptoVerify)

  const around = (signature: Uint8Array, form?: CmsForm, signed = content) =>
    assembleDetached(signed, holder.leaf.der, () => signature, form)

  const forms: readonly CmsForm[] = (Object.keys(contentTypes) as ContentTypes[]).flatMap(types =>
    [false, true].map(attributes => ({ types, attributes })),
  )

  it('verifies in each of its forms, over this content and under this certificate alone', async () => {
    for (const form of forms) {
      for (const certificates of [[], [holder.leaf.der]]) {
        const cms = sign({ ...form, certificates })
        expect(await check(cms), JSON.stringify(form)).to.equal(undefined)
        expect(await check(cms, utf8('another'))).to.be.a('string')
        expect(await check(cms, content, other.leaf)).to.equal('another certificate signed')
      }
    }
  })

  it('refuses certificates that are not the signer’s', async () => {
    expect(await check(sign({ certificates: [other.leaf.der] }))).to.contain('came along')
    expect(await check(sign({ certificates: [other.leaf.der, holder.leaf.der] }))).to.equal(undefined)
  })

  it('does not take the attributes of one signature for the content of another', async () => {
    const { attributes, signature } = parseGmCms(sign({ attributes: true }))
    const set = attributes?.der ?? new Uint8Array()
    // Made by the holder, over these very bytes: but it meant the content that they name.
    expect(await check(around(signature), set)).to.contain('signed attributes')
  })

  it('refuses what is not strictly one SM2 signature by reference', async () => {
    const plain = hex(sign())
    const withAttributes = hex(sign({ attributes: true }))
    const changes: Readonly<Record<string, string>> = {
      'another digest': plain.replaceAll('06082a811ccf55018311', '06082a811ccf55018312'),
      'another signature algorithm': plain.replace('06092a811ccf5501822d01', '06092a811ccf5501822d02'),
      'SHA-256': plain.replace('06082a811ccf55018311', '06082a8648ce3d040302'),
      'data of the other family': plain.replace('060a2a811ccf550601040201', '060a2a811ccf550601040202'),
      'another version': plain.replace('020101', '020103'),
      'bytes at the end': `${plain}00`,
      'cut off': plain.slice(0, -2),
      'another content type in the attributes': withAttributes.replace(
        /(06092a864886f70d010903310c060a2a811ccf5506010402)01/,
        '$102',
      ),
    }
    for (const [what, bytes] of Object.entries(changes)) {
      expect(bytes, what).to.not.equal(plain).and.not.equal(withAttributes)
      expect(await check(fromHex(bytes)), what).to.be.a('string')
    }
  })

  it('refuses a signature whose numbers are spelled otherwise', async () => {
    const raw = sm2Sign(holder.key, content)
    for (const [what, spelled] of Object.entries({
      'bare r and s': raw,
      'a leading zero': element(
        0x30,
        element(0x02, new Uint8Array(8), raw.subarray(0, 32)),
        unsignedInteger(raw.subarray(32)),
      ),
      'r twice': element(0x30, unsignedInteger(raw.subarray(0, 32)), unsignedInteger(raw.subarray(0, 32))),
      'a third number': element(0x30, sm2SignatureDer(raw).subarray(2), unsignedInteger(Uint8Array.of(1))),
      nothing: new Uint8Array(),
    })) {
      expect(await check(around(spelled)), what).to.equal('the signature does not verify')
    }
    expect(await check(around(sm2SignatureDer(raw)))).to.equal(undefined)
  })

  it('answers on any bytes, and never yes', async () => {
    const cms = sign({ attributes: true })
    await fc.assert(
      fc.asyncProperty(fc.nat(cms.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const changed = Uint8Array.from(cms, (byte, i) => (i === at ? byte ^ flip : byte))
        const spared = (await check(changed)) === undefined
        // NULL parameters of algorithms may be missing, and which name of SM2 is used does not matter.
        expect(spared, `byte ${at}`).to.equal(false)
      }),
      { numRuns: 60 },
    )
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async bytes => {
        expect(await check(bytes)).to.be.a('string')
      }),
    )
  })

  it('is read by OpenSSL, which finds the same numbers; and its numbers by OpenSSL verify here', async function () {
    const cms = sign({ types: 'pkcs7', attributes: true })
    const text = await openssl(this, ['cms', '-cmsout', '-print', '-inform', 'DER', '-in', 'cms'], { cms })
    expect(text).to.contain('sm3').and.to.contain('pkcs7-signedData').and.to.contain('messageDigest')
    const { attributes, signature } = parseGmCms(cms)
    const key = await exportPrivateKeyPem(holder.key)
    const verify = ['pkeyutl', '-verify', '-rawin', '-digest', 'sm3', '-inkey', 'key', '-in', 'set', '-sigfile', 'sig']
    const files = { key, set: attributes?.der ?? '', sig: signature }
    expect(await openssl(this, [...verify, '-pkeyopt', id], files)).to.contain('Verified Successfully')
    const made = ['pkeyutl', '-sign', '-rawin', '-digest', 'sm3', '-inkey', 'key', '-in', 'content', '-pkeyopt', id]
    const theirs = await opensslBytes(this, made, { key, content })
    expect(await check(around(theirs))).to.equal(undefined)
  })
})
