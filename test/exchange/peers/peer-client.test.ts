import { expect } from 'chai'
import { z } from 'zod'
import { contract, route } from '../../../core/contract.ts'
import { Refusal, type RefusalCode } from '../../../core/errors.ts'
import { createPeerClient } from '../../../exchange/peers/peer-client.ts'
import { makeMachineKey } from '../../support/parties.ts'
import { startTwoNodes, type TwoNodes } from './two-nodes.ts'

describe('a node at another node', () => {
  let nodes: TwoNodes
  let answer: () => Promise<{ body: unknown }> = async () => ({ body: {} })
  const echo = route(
    contract({
      operation: 'echo',
      method: 'get',
      path: '/echo',
      summary: 'Who asks',
      surface: 'organizations:read',
      reply: { status: 200, description: 'The caller', schema: z.unknown() },
      refusals: [],
    }),
    async ({ caller }) => ((await answer()).body === undefined ? { body: caller } : answer()),
  )

  before(async () => {
    nodes = await startTwoNodes({ routes: () => [echo] })
  })
  after(() => nodes.stop())
  beforeEach(() => {
    answer = async () => ({ body: undefined })
  })

  const codeOf = async (asking: Promise<unknown>) => {
    const error: unknown = await asking.catch((reason: unknown) => reason)
    return error instanceof Refusal ? error.code : error
  }

  it('is the organization that endorsed its key, and known to be its node', async () => {
    const response = await nodes.client.request('GET', '/echo')
    expect(await response.json()).to.deep.include({ uscc: nodes.hospital.uscc, roles: ['hospital'], via: 'node' })
  })

  it('gets the other node’s refusals as they are', async () => {
    expect(await codeOf(nodes.client.request('POST', '/api/v1/organizations', { body: '{}' }))).to.equal(
      'ROLE_FORBIDDEN',
    )
    expect(await codeOf(nodes.client.request('GET', '/api/v1/organizations/91440300708461136T'))).to.equal('NOT_FOUND')
    const stranger = createPeerClient(nodes.peer, {
      nodeKey: await makeMachineKey(),
      fetch,
      now: nodes.market.now,
    })
    expect(await codeOf(stranger.request('GET', '/echo'))).to.equal('ASSERTION_INVALID')
  })

  it('is told that the other is unavailable when it is down, too slow, busy or broken, and goes on after', async () => {
    const refuse = (code: RefusalCode) => async () => {
      throw new Refusal(code)
    }
    for (const trouble of [
      refuse('LOG_BUSY'),
      refuse('RATE_LIMITED'),
      async () => {
        throw new Error('a fault')
      },
      () => new Promise<never>(() => undefined),
    ]) {
      answer = trouble
      expect(await codeOf(nodes.client.request('GET', '/echo'))).to.equal('PEER_UNAVAILABLE')
    }
    answer = async () => ({ body: undefined })
    await nodes.market.down()
    expect(await codeOf(nodes.client.request('GET', '/echo'))).to.equal('PEER_UNAVAILABLE')
    await nodes.market.up()
    expect((await nodes.client.request('GET', '/echo')).status).to.equal(200)
  })
})
