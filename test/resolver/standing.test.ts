import { expect } from 'chai'
import { gs1 } from '../../core/identifier/code.ts'
import { makeGtin, makeSscc } from '../../core/identifier/make.ts'
import { allocated, type Name, type ResolverNode, startResolverNode } from './node.ts'

describe('how codes stand', () => {
  let node: ResolverNode
  const gtin = (n: number) => makeGtin('6901234', n)
  const item = (n: number, qualifiers: Record<string, string> = {}) => gs1('01', gtin(n), qualifiers).text
  const put = (body: object) => node.call('maker', 'PUT', '/api/v1/identifiers/state', body)
  const asked = async (codes: readonly string[], as: Name = 'seller') =>
    node.call(as, 'POST', '/api/v1/identifiers/standings', { codes })
  const standings = async (...codes: readonly string[]) => {
    const { status, body } = await asked(codes)
    expect(status).to.equal(200)
    return (body.items as { code: string; standing: string; of: string | null }[]).map(it => [it.standing, it.of])
  }

  before(async () => {
    node = await startResolverNode()
    await allocated(node, '6901234', 'maker')
    const codes = [
      item(1),
      item(1, { '10': 'L1' }),
      item(1, { '21': 'S1' }),
      item(1, { '10': 'L1', '21': 'S2' }),
      ...[item(2), item(3), item(4), item(4, { '21': 'S1' })],
    ].map(code => ({ code, description: 'a thing' }))
    const { status } = await node.call('maker', 'POST', '/api/v1/identifiers', { codes })
    expect(status).to.equal(200)
  })
  after(() => node.stop())

  it('are told together, each in the order asked, to whoever is signed in', async () => {
    expect(await standings(item(1), item(1, { '21': 'S1' }))).to.deep.equal([
      ['active', item(1)],
      ['active', item(1, { '21': 'S1' })],
    ])
    const written = `(21)S1(10)ANY(01)${gtin(1)}`
    const { body } = await asked([written], 'bank')
    const [one] = body.items as { code: string; of: string; standing: string }[]
    expect(one).to.include({ of: item(1, { '21': 'S1' }), standing: 'active' })
  })

  it('tell a serial that was never registered from goods that nobody registered, and from a lot', async () => {
    expect(
      await standings(
        item(1, { '21': 'S9' }),
        item(9, { '21': 'S1' }),
        item(1, { '10': 'L9' }),
        gs1('00', makeSscc('6901234', 1)).text,
      ),
    ).to.deep.equal([
      ['unregistered', null],
      ['unknown', null],
      ['active', item(1)],
      ['unknown', null],
    ])
  })

  it('are withdrawn with their lot, and with their item, and superseded with a successor', async () => {
    expect((await put({ code: item(1, { '10': 'L1' }), state: 'withdrawn', reason: '召回' })).status).to.equal(200)
    expect(await standings(item(1, { '10': 'L1', '21': 'S2' }), item(1, { '21': 'S1' }), item(1))).to.deep.equal([
      ['withdrawn', item(1, { '10': 'L1' })],
      ['active', item(1, { '21': 'S1' })],
      ['active', item(1)],
    ])
    const { body } = await asked([item(1, { '10': 'L1' })])
    expect(body.items).to.deep.equal([
      {
        ...{ code: item(1, { '10': 'L1' }), standing: 'withdrawn', of: item(1, { '10': 'L1' }) },
        reason: '召回',
        successor: null,
      },
    ])
    expect((await put({ code: item(4), state: 'withdrawn', reason: '停用' })).status).to.equal(200)
    expect(await standings(item(4, { '21': 'S1' }))).to.deep.equal([['withdrawn', item(4)]])
    expect((await put({ code: item(2), state: 'superseded', successor: item(3) })).status).to.equal(200)
    const [superseded] = (await asked([item(2)])).body.items as object[]
    expect(superseded).to.include({ standing: 'superseded', successor: item(3) })
  })

  it('are refused all together when one is no code, with its place', async () => {
    const refused = await asked([item(1), '(01)123'])
    expect([refused.status, refused.body.code, refused.body.index]).to.deep.equal([400, 'CODE_INVALID', 1])
    expect((await asked([])).status).to.equal(400)
    expect((await asked(Array.from({ length: 2001 }, () => item(1)))).status).to.equal(400)
  })
})
