import { expect } from 'chai'
import { z } from 'zod'
import { contract, route } from '../../../core/contract.ts'
import { Refusal } from '../../../core/errors.ts'
import { createClient } from '../../../core/oauth/client.ts'
import type { Party } from '../../support/parties.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'

const moved = route(
  contract({
    operation: 'moved',
    method: 'get',
    path: '/moved',
    summary: 'Elsewhere',
    surface: 'public',
    reply: { status: 307, description: 'Elsewhere', schema: z.undefined() },
    refusals: [],
  }),
  async () => ({ body: undefined, headers: { Location: '/api/v1/organizations' } }),
)

describe('the client', () => {
  let server: TestServer
  let seller: Party
  let late = 0
  const now = () => new Date(Date.now() + late)

  before(async () => {
    server = await startTestServer({ now, routes: () => [moved] })
    seller = await server.party('distributor')
  })
  after(() => server.stop())
  beforeEach(() => {
    late = 0
  })

  /** A client, and what it asked for: method and path of each request. */
  const watched = (change?: (response: Response, url: string) => Response | undefined) => {
    const asked: string[] = []
    const { uscc, key, chain } = seller
    const client = createClient({
      baseUrl: server.url,
      credential: { uscc, key, chain },
      now,
      fetch: async (input, init) => {
        const url = String(input)
        asked.push(`${init?.method} ${url.slice(server.url.length)}`)
        const response = await fetch(input, init)
        return change?.(response, url) ?? response
      },
    })
    return { asked, client }
  }
  const path = '/api/v1/organizations'

  it('learns the nonce, signs in once, and uses the token for what follows', async () => {
    const { asked, client } = watched()
    await client.json('GET', path)
    await client.json('GET', `${path}?limit=1`)
    expect(asked).to.deep.equal(['POST /oauth/token', 'POST /oauth/token', `GET ${path}`, `GET ${path}?limit=1`])
  })

  it('signs in once for requests made at the same time', async () => {
    const { asked, client } = watched()
    await Promise.all(Array.from({ length: 8 }, () => client.json('GET', path)))
    expect(asked.filter(it => it.includes('token'))).to.have.length(2)
  })

  it('renews its token before it ends', async () => {
    const { asked, client } = watched()
    await client.json('GET', path)
    late = 279_000
    await client.json('GET', path)
    expect(asked.filter(it => it.includes('token'))).to.have.length(2)
    late = 281_000
    await client.json('GET', path)
    // Once for the nonce, which is from four minutes ago.
    expect(asked.filter(it => it.includes('token'))).to.have.length(4)
  })

  it('signs in anew when the node no longer takes its token, once', async () => {
    let refusals = 1
    const stale = () => Response.json({ code: 'TOKEN_EXPIRED' }, { status: 401 })
    const { asked, client } = watched((_, url) => (url.endsWith(path) && refusals-- > 0 ? stale() : undefined))
    await client.json('GET', path)
    expect(asked.filter(it => it.startsWith('GET'))).to.have.length(2)
    refusals = 100
    expect((await client.request('GET', path)).status).to.equal(401)
    expect(asked.filter(it => it.startsWith('GET'))).to.have.length(4)
  })

  it('throws the node’s refusal with its code and members', async () => {
    const { client } = watched()
    const refused: unknown = await client.json('POST', path, {}).catch(error => error)
    if (!(refused instanceof Refusal)) throw new Error('it was not refused')
    expect([refused.code, refused.extra.status]).to.deep.equal(['ROLE_FORBIDDEN', 403])
  })

  it('tries anew after it could not sign in', async () => {
    const { client } = watched()
    await server.down()
    const failure = await client.json('GET', path).catch(error => error)
    expect(failure).to.be.instanceOf(TypeError)
    await server.up()
    await client.json('GET', path)
  })

  it('does not take its token along to where a redirect leads', async () => {
    const { client, asked } = watched()
    const response = await client.request('GET', '/moved')
    expect([response.status, response.url]).to.deep.equal([307, `${server.url}/moved`])
    expect(asked.at(-1)).to.equal('GET /moved')
  })
})
