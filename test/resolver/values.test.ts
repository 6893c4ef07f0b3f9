import { expect } from 'chai'
import { compactVerify, decodeProtectedHeader } from 'jose'
import { sql } from 'kysely'
import { base64url, fromBase64url } from '../../core/bytes.ts'
import { type HandleValue, valueDigest } from '../../core/handle-value.ts'
import { asNode, asOrganization } from '../../db/database.ts'
import { nodePublicKey } from '../ledger/open-ledger.ts'
import { allocated, type Name, type ResolverNode, registered, startResolverNode, uscc } from './node.ts'

const code = 'hdl:88.118.8/stent-7'
const api = '/api/v1/identifiers'
const value = (index: number, type: string, text: string, visibility = 'public') => ({
  ...{ index, type, visibility, content: { value: text } },
})
type Shown = HandleValue & { readonly salt: string; readonly referral?: { holder: string; commitment: string } }

describe('values of codes', () => {
  let node: ResolverNode
  before(async () => {
    node = await startResolverNode()
    await allocated(node, '88.118.8', 'maker')
    await allocated(node, '88.555', 'seller')
    await registered(node, code)
    await registered(node, 'hdl:88.555/own', [], 'seller')
  })
  after(() => node.stop())

  const set = (values: readonly object[], more: object = {}, as: Name = 'maker') =>
    node.call(as, 'PUT', `${api}/values`, { code, values, ...more })
  const read = async (as: Name) => {
    const { body } = await node.call(as, 'GET', `${api}/values?code=${encodeURIComponent(code)}`)
    return body as unknown as { values: readonly Shown[]; hidden: number; signature: string; record: string }
  }
  const types = async (as: Name) => (await read(as)).values.map(it => it.type)
  const signed = async (jws: string) => {
    expect(decodeProtectedHeader(jws).typ).to.equal('tallystick.handle-signature+jws')
    const payload = JSON.parse(new TextDecoder().decode((await compactVerify(jws, nodePublicKey)).payload)) as {
      sub: string
      digests: { digests: readonly { index: number; digest: string }[] }
    }
    return payload
  }
  const three = [
    value(100, 'model', 'S-7'),
    value(101, 'listPrice', '1250.00', 'listed'),
    value(102, 'cost', '310.50', 'owner'),
  ]

  it('are seen by anybody, by listed organizations, or by their owner alone', async () => {
    expect((await set(three)).status).to.equal(200)
    expect(await types('maker')).to.deep.equal(['model', 'listPrice', 'cost'])
    expect(await types('seller')).to.deep.equal(['model'])
    expect((await read('seller')).hidden).to.equal(2)
    const grant = { code, grantee: uscc.seller, purpose: 'quotation', types: ['listPrice'] }
    const { status, body } = await node.call('maker', 'POST', `${api}/grants`, grant)
    expect(status).to.equal(201)
    expect(await types('seller')).to.deep.equal(['model', 'listPrice'])
    expect(await types('bank')).to.deep.equal(['model'])
    const ended = await node.call('maker', 'POST', `${api}/grants/${body.id}/revocation`)
    expect(ended.body.revokedAt).to.be.a('string')
    expect(await types('seller')).to.deep.equal(['model'])
    expect((await node.call('maker', 'POST', `${api}/grants/${body.id}/revocation`)).status).to.equal(404)
  })

  it('are not seen any more when a grant has expired', async () => {
    const expiresAt = new Date(Date.now() + 900).toISOString()
    await node.call('maker', 'POST', `${api}/grants`, { code, grantee: uscc.bank, purpose: 'credit', expiresAt })
    expect(await types('bank')).to.deep.equal(['model', 'listPrice'])
    await new Promise(done => setTimeout(done, 1000))
    expect(await types('bank')).to.deep.equal(['model'])
    const late = { code, grantee: uscc.bank, purpose: 'credit', expiresAt: '2020-01-01T00:00:00Z' }
    expect((await node.call('maker', 'POST', `${api}/grants`, late)).body).to.include({ code: 'INVALID_REQUEST' })
  })

  it('are shown by row security as far as the reader may see, whatever is asked of the table', async () => {
    const all = (reader: string) =>
      asOrganization(node.database.db, reader, async tx => (await sql`select from code_values`.execute(tx)).rows.length)
    expect([await all(uscc.maker), await all(uscc.seller), await all('')]).to.deep.equal([3, 1, 1])
  })

  it('hash each to what is signed of all of them, whichever are shown', async () => {
    for (const as of ['maker', 'seller'] as const) {
      const { values, signature } = await read(as)
      const { sub, digests } = await signed(signature)
      expect(sub).to.equal(code)
      expect(digests.digests.map(it => it.index)).to.deep.equal([100, 101, 102])
      for (const it of values) {
        const digest = base64url(valueDigest(fromBase64url(it.salt), it))
        expect(digests.digests.find(other => other.index === it.index)?.digest).to.equal(digest)
      }
      const [first] = values
      if (!first) throw new Error('one value is public')
      const forged = { ...first, data: { format: 'string', value: 'S-8' } } as const
      expect(digests.digests.map(it => it.digest)).not.to.include(
        base64url(valueDigest(fromBase64url(first.salt), forged)),
      )
    }
  })

  it('are not in the log, but their digests are', async () => {
    const { record, signature } = await read('maker')
    const { rows } = await asNode(node.database.db, tx =>
      sql<{ body: Uint8Array }>`select body from records where index = ${record}`.execute(tx),
    )
    const body = new TextDecoder().decode(rows[0]?.body)
    expect(body).not.to.include('310.50')
    for (const { digest } of (await signed(signature)).digests.digests) expect(body).to.include(digest)
  })

  it('may stay with their holder: whoever may see them is sent there with what they must hash to', async () => {
    const { signature } = await read('maker')
    const commitment = (await signed(signature)).digests.digests[0]?.digest
    const elsewhere = { commitment, holder: 'https://holder.example' }
    await set([...three, { index: 103, type: 'lotReport', visibility: 'listed', content: elsewhere }])
    const shown = (await read('maker')).values.at(-1)
    expect(shown?.referral).to.deep.equal({ ...elsewhere, outcome: 'referred' })
    expect(shown).not.to.have.property('data')
    expect((await read('seller')).values).to.have.length(1)
    const bad = {
      index: 103,
      type: 'x',
      visibility: 'public',
      content: { commitment, holder: 'http://holder.example' },
    }
    expect((await set([bad])).body).to.include({ code: 'INVALID_REQUEST' })
  })

  it('are their owner’s to say', async () => {
    expect((await set(three, {}, 'seller')).body).to.include({ code: 'NOT_YOURS' })
    expect((await set(three, { code: 'hdl:88.118.8/none' })).body).to.include({ code: 'NOT_FOUND' })
    expect((await set([three[0] ?? {}, three[0] ?? {}])).body).to.include({ code: 'INVALID_REQUEST' })
    expect((await set([value(100, 'HS_SIGNATURE', 'x')])).body).to.include({ code: 'INVALID_REQUEST' })
    const grant = { code, grantee: uscc.bank, purpose: 'x' }
    expect((await node.call('seller', 'POST', `${api}/grants`, grant)).body).to.include({ code: 'NOT_YOURS' })
  })

  describe('in the Handle API', () => {
    const look = (query: string, as?: Name) =>
      node.look(`/api/handles/88.118.8/stent-7${query}`, as === undefined ? {} : { 'x-as': as })
    const shown = async (query: string, as?: Name) => {
      const { status, body } = await look(query, as)
      const values = (body.values ?? []) as readonly { type: string }[]
      return [status, body.responseCode, values.map(it => it.type)]
    }

    it('are shown to whoever asks as far as they may see, with HS_SIGNATURE', async () => {
      await set(three)
      expect(await shown('?type=model&type=HS_SIGNATURE')).to.deep.equal([200, 1, ['HS_SIGNATURE', 'model']])
      expect(await shown('?type=cost', 'maker')).to.deep.equal([200, 1, ['cost']])
    })

    it('that are hidden ask strangers who they are, and tell others that it is not for them', async () => {
      expect(await shown('?type=cost')).to.deep.equal([401, 402, []])
      expect(await shown('?index=102')).to.deep.equal([401, 402, []])
      expect(await shown('?type=cost', 'seller')).to.deep.equal([403, 400, []])
      expect(await shown('?type=nothing')).to.deep.equal([200, 200, []])
    })
  })

  describe('held to a template', () => {
    const fields = [
      { name: 'model', type: 'text', required: true },
      { name: 'netWeight', type: 'decimal', unit: 'KGM' },
      { name: 'serial', type: 'text', unique: true },
      { name: 'made', type: 'date' },
    ]
    const publish = (as: Name = 'maker') => node.call(as, 'POST', `${api}/templates`, { name: 'stent', fields })
    const template = (version: number) => ({ template: { name: 'stent', version } })

    it('are refused with every reason, and nothing of them is kept', async () => {
      expect((await publish()).body).to.include({ version: 1, state: 'published' })
      await set(three)
      const wrong = [value(100, 'netWeight', '1,5'), value(101, 'colour', 'red'), value(102, 'made', '2026-02-30')]
      const { status, body } = await set(wrong, template(1))
      expect([status, body.code]).to.deep.equal([422, 'VALUES_INVALID'])
      expect((body.errors as { type: string }[]).map(it => it.type)).to.deep.equal([
        'netWeight',
        'colour',
        'made',
        'model',
      ])
      expect(await types('maker')).to.deep.equal(['model', 'listPrice', 'cost'])
    })

    it('are unique among the codes under it where it says so, two at once included', async () => {
      await registered(node, 'hdl:88.118.8/a')
      await registered(node, 'hdl:88.118.8/b')
      const values = [value(100, 'model', 'S-7'), value(101, 'serial', 'X1')]
      const both = await Promise.all(
        ['hdl:88.118.8/a', 'hdl:88.118.8/b'].map(it => set(values, { code: it, ...template(1) })),
      )
      expect(both.map(it => it.body.code === 'VALUE_TAKEN' || it.status).sort()).to.deep.equal([200, true])
      const again = await set(values, {
        code: both[0]?.status === 200 ? 'hdl:88.118.8/a' : 'hdl:88.118.8/b',
        ...template(1),
      })
      expect(again.status).to.equal(200)
    })

    it('can not be held to one that was withdrawn, to another’s, or to none there is', async () => {
      const values = [value(100, 'model', 'S-7')]
      expect((await publish()).body).to.include({ version: 2 })
      const withdrawn = await node.call('maker', 'POST', `${api}/templates/stent/1/withdrawal`)
      expect(withdrawn.body).to.include({ state: 'withdrawn' })
      expect((await set(values, template(1))).body).to.include({ code: 'TEMPLATE_UNKNOWN' })
      expect((await set(values, template(2))).status).to.equal(200)
      expect((await set(values, template(3))).body).to.include({ code: 'TEMPLATE_UNKNOWN' })
      const others = await set(values, { code: 'hdl:88.555/own', ...template(2) }, 'seller')
      expect(others.body).to.include({ code: 'TEMPLATE_UNKNOWN' })
      const { body } = await node.call('bank', 'GET', `${api}/templates?org=${uscc.maker}`)
      expect((body.items as { state: string }[]).map(it => it.state)).to.deep.equal(['withdrawn', 'published'])
    })
  })
})
