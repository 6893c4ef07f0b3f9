import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { computeAddress } from 'ethers/transaction'
import { connect } from '../../../ledger/chain/adapter.ts'
import { devAccounts, devKey, type EmbeddedChain, startEmbeddedChain } from '../../../ledger/chain/embedded.ts'
import { rejection } from './gateway.ts'

const start = (port = 0): Promise<EmbeddedChain> => startEmbeddedChain({ host: '127.0.0.1', port })

type Answer = { readonly id?: unknown; readonly result?: unknown; readonly error?: { readonly code: number } }
const post = async (url: string, body: string): Promise<Answer> =>
  (await (await fetch(url, { method: 'POST', body })).json()) as Answer
const ask = (url: string, method: string, params: readonly unknown[] = []): Promise<Answer> =>
  post(url, JSON.stringify({ jsonrpc: '2.0', id: 7, method, params }))

describe('the embedded chain', () => {
  let chain: EmbeddedChain
  before(async () => {
    chain = await start()
  })
  after(() => chain.close())

  it('answers JSON-RPC with the chain id that it names', async () => {
    expect(await ask(chain.url, 'eth_chainId')).to.deep.equal({ jsonrpc: '2.0', id: 7, result: '0x7a69' })
    expect(chain.chainId).to.equal(31_337n)
  })

  it('funds each development account, by a key that every start has', async () => {
    const { balance } = await connect(chain)
    expect(new Set(devAccounts.map(devKey)).size).to.equal(devAccounts.length)
    for (const account of devAccounts) {
      expect((await balance(computeAddress(devKey(account)))) >= 10n ** 24n, account).to.equal(true)
    }
  })

  it('begins with another block at each start, also within one second', async () => {
    const others = await Promise.all([start(), start()])
    const genesis = await Promise.all([chain, ...others].map(async one => (await connect(one)).genesis))
    await Promise.all(others.map(one => one.close()))
    expect(new Set(genesis).size).to.equal(3)
  })

  it('keeps its clock with the clock, however many blocks it makes in a second', async () => {
    for (let i = 0; i < 20; i++) await chain.control('evm_mine', [])
    const { block, latestBlock } = await connect(chain)
    const latest = await block(await latestBlock())
    expect(latest?.number).to.equal(20n)
    expect(latest?.at.getTime()).to.be.at.most(Date.now() + 1000)
  })

  it('opens neither its controls nor its accounts over HTTP', async () => {
    const closed = ['hardhat_reset', 'hardhat_setBalance', 'evm_mine', 'debug_traceTransaction']
    const signing = ['eth_accounts', 'eth_sendTransaction', 'eth_sign', 'eth_signTransaction', 'eth_signTypedData_v4']
    for (const method of [...closed, ...signing]) {
      expect((await ask(chain.url, method)).error?.code, method).to.equal(-32_601)
    }
  })

  it('answers a batch in order, and names what is not a request', async () => {
    const calls = ['eth_chainId', 'net_version'].map((method, id) => ({ jsonrpc: '2.0', id, method, params: [] }))
    const answers = (await post(chain.url, JSON.stringify(calls))) as unknown as Answer[]
    expect(answers.map(({ id, result }) => [id, result])).to.deep.equal([
      [0, '0x7a69'],
      [1, '31337'],
    ])
    for (const body of ['', '{', '7', 'null', '{"method":7}', '{"method":"eth_chainId","params":{}}']) {
      expect((await post(chain.url, body)).error?.code, body).to.equal(-32_600)
    }
  })

  it('may be read by a page from anywhere, which is how the verifier in a browser asks', async () => {
    const preflight = await fetch(chain.url, { method: 'OPTIONS' })
    expect(preflight.status).to.equal(204)
    expect(preflight.headers.get('access-control-allow-origin')).to.equal('*')
    expect((await fetch(chain.url)).status).to.equal(405)
  })

  it('refuses a port that is taken, and frees its own when closed', async () => {
    const first = await start()
    const port = Number(new URL(first.url).port)
    expect(await rejection(start(port))).to.have.property('code', 'EADDRINUSE')
    await first.close()
    const second = await start(port)
    expect(second.url).to.equal(first.url)
    await second.close()
  })

  it('writes nothing, and lets its process end once closed', () => {
    const module = fileURLToPath(new URL('../../../ledger/chain/embedded.ts', import.meta.url))
    const script = `const { startEmbeddedChain } = await import(${JSON.stringify(module)})
      const chain = await startEmbeddedChain({ host: '127.0.0.1', port: 0 })
      await fetch(chain.url, { method: 'POST', body: '{"method":"eth_blockNumber"}' })
      await chain.control('evm_mine', [])
      await chain.close()`
    const run = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' })
    expect([run.status, run.stdout, run.stderr]).to.deep.equal([0, '', ''])
  })
})
