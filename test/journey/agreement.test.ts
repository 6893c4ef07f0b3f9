import { expect } from 'chai'
import { fromBase64url, hex } from '../../core/bytes.ts'
import { entryOf } from '../../core/entry.ts'
import { verifyWithChain } from '../../core/jws-chain.ts'
import { createClient } from '../../core/oauth/client.ts'
import { parseSdJwt } from '../../core/sd-jwt.ts'
import { parseJsonBytes } from '../../core/strict-json.ts'
import { typ } from '../../core/typ.ts'
import { webcryptoVerify } from '../../core/x509/webcrypto.ts'
import { post } from '../../scripts/sample/actor.ts'
import { demoNodes } from '../../scripts/start/world.ts'
import { entriesOf, headOf } from './log.ts'
import { refusalOf, useWorld } from './world.ts'

describe('5. the data authorization', function () {
  this.timeout(60_000)
  const world = useWorld()

  it('is in force by the signatures of distributor and bank', async () => {
    const { authorizations } = await world().read<{
      authorizations: { state: string; signed: string; payload: { subject: object; grantee: object } }[]
    }>('distributor', '/api/v1/authorizations?state=active')
    const { uscc: bank } = await world().actor('bank')
    const { uscc: distributor } = await world().actor('distributor')
    const agreed = authorizations.filter(it => 'uscc' in it.payload.grantee && it.payload.grantee.uscc === bank)
    expect(agreed).to.have.lengthOf(1)
    const { payload, signatures } = JSON.parse(agreed[0]?.signed ?? '') as {
      payload: string
      signatures: { protected: string; signature: string }[]
    }
    const { anchors } = await world().trusted()
    const unlisted = anchors.map(anchor => ({ ...anchor, crl: 'none' as const }))
    const signers: string[] = []
    for (const { protected: header, signature } of signatures) {
      const parsed = parseSdJwt(`${header}.${payload}.${signature}~`)
      if (!parsed.ok) throw new Error(parsed.detail)
      const trust = { anchors: unlisted, crls: [], at: new Date(), verify: webcryptoVerify }
      const signed = await verifyWithChain(parsed.jws, { ...trust, expectedTyp: typ.authorization })
      signers.push(signed.ok ? signed.signer.uscc : signed.detail)
    }
    expect(signers).to.deep.equal([distributor, bank])
  })

  it('is what a second bank lacks: it is refused, and the refusal is listed and logged', async () => {
    type Denial = { index: string; caller: string; subject: string; code: string; application?: string }
    const denials = async () => (await world().read<{ denials: Denial[] }>('distributor', '/api/v1/denials')).denials
    const other = await world().actor('otherBank')
    const { uscc: distributor } = await world().actor('distributor')
    const [application] = await world().all<{ id: string }>('bank', '/api/v1/applications')
    const before = await denials()
    expect(before.map(it => [it.caller, it.code])).to.deep.include([other.uscc, 'AUTHORIZATION_REQUIRED'])

    const asked = { application: application?.id }
    expect(await refusalOf(post(other, '/api/v1/reports', asked))).to.equal('AUTHORIZATION_REQUIRED')
    const pulled = { ...asked, jti: crypto.randomUUID() }
    expect(await refusalOf(post(other, '/api/v1/releases', pulled))).to.equal('AUTHORIZATION_REQUIRED')

    const added = (await denials()).filter(it => !before.some(old => old.index === it.index))
    expect(added).to.have.lengthOf(2)
    for (const { index, caller, subject, code } of added) {
      expect({ caller, subject, code }).to.deep.equal({
        caller: other.uscc,
        subject: distributor,
        code: 'AUTHORIZATION_REQUIRED',
      })
      const [record] = await world().query<{ type: string; digest: Buffer; org: string }>(
        'market',
        `select type, digest, org from records where index = ${index}`,
      )
      expect(record).to.include({ type: 'denial' })
      const { size } = await until(BigInt(index))
      const entries = await entriesOf(world().market, size)
      expect(hex(entries[Number(index)] ?? new Uint8Array())).to.equal(hex(entryOf(record?.digest ?? Buffer.of())))
    }
  })

  it('gets the bank a token of at most five minutes that is worth nothing without its key', async () => {
    const { uscc, key, chain } = await world().actor('bank')
    let token: { access_token: string; token_type: string; expires_in: number } | undefined
    const overheard: typeof fetch = async (address, init) => {
      const response = await fetch(address, init)
      if (String(address).endsWith('/oauth/token') && response.ok)
        token = (await response.clone().json()) as typeof token
      return response
    }
    const baseUrl = world().market
    await createClient({ baseUrl, credential: { uscc, key, chain }, fetch: overheard }).json('GET', '/api/v1/reports')
    expect(token).to.include({ token_type: 'DPoP' })
    expect(token?.expires_in).to.be.within(1, 300)
    const claims = parseJsonBytes(fromBase64url(token?.access_token.split('.')[1] ?? '')) as {
      cnf?: { jkt?: string }
    }
    expect(fromBase64url(claims.cnf?.jkt ?? '')).to.have.lengthOf(32)
    for (const scheme of ['DPoP', 'Bearer']) {
      const headers = { authorization: `${scheme} ${token?.access_token}` }
      const stolen = await fetch(`${baseUrl}/api/v1/reports`, { headers })
      expect(stolen.status, scheme).to.equal(401)
    }
  })

  const until = async (index: bigint) => {
    for (;;) {
      const head = await headOf(world().market, demoNodes.market.origin, await world().trusted())
      if (head.size > index) return head
      await new Promise(done => setTimeout(done, 200))
    }
  }
})
