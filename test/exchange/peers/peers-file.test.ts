import { expect } from 'chai'
import { parsePeers } from '../../../exchange/peers/peers-file.ts'

describe('the peers file', () => {
  const market = { name: 'market', url: 'https://market.example', organization: '91440300708461136T' }
  const parse = (...peers: object[]) => parsePeers(JSON.stringify(peers))

  it('names other nodes, and on whose behalf this one acts there', () => {
    expect(
      parse(market, { ...market, name: 'b', registry: true, revocationLists: ['http://c.example/crl'] }),
    ).to.deep.equal([
      { ...market, registry: false, revocationLists: [] },
      { ...market, name: 'b', registry: true, revocationLists: ['http://c.example/crl'] },
    ])
    expect(parse()).to.deep.equal([])
  })

  it('is refused with the place of what is wrong', () => {
    for (const [peers, place] of [
      [[{ ...market, name: 'A B' }], '0.name'],
      [[{ ...market, url: 'ftp://market.example' }], '0.url'],
      [[{ ...market, url: 'https://market.example/' }], '0.url'],
      [[{ ...market, organization: '914403007084611360' }], '0.organization'],
      [[{ ...market, more: 1 }], '0'],
      [[market, market], 'peers file'],
      [
        [
          { ...market, registry: true },
          { ...market, name: 'b', registry: true },
        ],
        'peers file',
      ],
    ] as const) {
      expect(() => parse(...peers), place).to.throw(SyntaxError, new RegExp(`^${place}: `))
    }
    expect(() => parsePeers('[{')).to.throw(SyntaxError)
    expect(() => parsePeers('{}')).to.throw(SyntaxError)
  })
})
