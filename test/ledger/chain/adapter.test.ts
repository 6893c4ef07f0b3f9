import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { connect } from '../../../ledger/chain/adapter.ts'
import { ChainFault } from '../../../ledger/chain/fault.ts'
import { bumpFees, type Fees, suggestFees } from '../../../ledger/chain/fees.ts'
import { httpRpc } from '../../../ledger/chain/rpc.ts'
import { type SignedTransaction, sign } from '../../../ledger/chain/transaction.ts'
import { type Bench, startBench } from './embedded-log-anchor.ts'
import { openGateway, type Rule, rejection } from './gateway.ts'

const faultOf = async (promise: Promise<unknown>): Promise<string> => {
  const error = await rejection(promise)
  return error instanceof ChainFault ? error.code : String(error)
}

/** 0x and 64 hex digits that repeat one. */
const hex32 = (digit: string): string => `0x${digit.repeat(64)}`

describe('the chain adapter', () => {
  let bench: Bench
  before(async () => {
    bench = await startBench()
  })
  after(() => bench.embedded.close())

  const behind = async <T>(rule: Rule, use: (url: string) => Promise<T>): Promise<T> => {
    const gateway = await openGateway(bench.embedded.url, rule)
    try {
      return await use(gateway.url)
    } finally {
      await gateway.close()
    }
  }
  /** A transaction without effect, from the anchoring account, at its next nonce or a given one. */
  const signed = async (fees: Fees, nonce?: number): Promise<SignedTransaction> =>
    sign(bench.anchorer, {
      chainId: bench.chain.chainId,
      to: bench.anchorer.address,
      data: '0x',
      nonce: nonce ?? (await bench.chain.nonce(bench.anchorer.address, 'latest')),
      gasLimit: 21_000n,
      fees,
    })

  describe('connecting', () => {
    it('takes the chain that it was told of and knows its genesis', async () => {
      const first = await bench.chain.block(0n)
      expect(bench.chain.genesis).to.equal(first?.hash)
      const again = await connect({ ...bench.embedded, genesis: bench.chain.genesis })
      expect(again.chainId).to.equal(31_337n)
    })

    it('refuses another chain id, and the same id with another first block', async () => {
      const { url } = bench.embedded
      expect(await faultOf(connect({ url, chainId: 1n }))).to.equal('WRONG_CHAIN')
      expect(await faultOf(connect({ ...bench.embedded, genesis: hex32('a') }))).to.equal('WRONG_GENESIS')
    })

    it('calls an endpoint unreachable that is not there, is too slow, or is no Ethereum node', async () => {
      const at = (url: string) => connect({ url, chainId: 31_337n, timeLimit: 100 })
      expect(await faultOf(at('http://127.0.0.1:9'))).to.equal('UNREACHABLE')
      for (const body of [undefined, '<html>', '7', '{}', '{"result":7}', '{"result":"0xzz"}']) {
        const server = createServer((_, response) => {
          if (body !== undefined) response.end(body)
        })
        await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
        const fault = await rejection(at(`http://127.0.0.1:${(server.address() as AddressInfo).port}/key-in-path`))
        server.closeAllConnections()
        server.close()
        expect(fault, body).to.be.instanceOf(ChainFault).with.property('code', 'UNREACHABLE')
        expect(String(fault), 'providers put their keys in the path').not.to.include('key-in-path')
      }
    })

    it('hands credentials in an address over in the header', async () => {
      let authorization: string | undefined
      const server = createServer((request, response) => {
        authorization = request.headers.authorization
        response.end('{"result":"0x1"}')
      })
      await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
      const { port } = server.address() as AddressInfo
      expect(await httpRpc(`http://node:p%40ss@127.0.0.1:${port}/`)('eth_chainId', [])).to.equal('0x1')
      server.closeAllConnections()
      server.close()
      expect(authorization).to.equal(`Basic ${Buffer.from('node:p@ss').toString('base64')}`)
    })
  })

  describe('sending', () => {
    it('tells the hash before sending, and the receipt after', async () => {
      const { rawTransaction, hash } = await signed(await bench.chain.suggestFees())
      expect(await bench.chain.receipt(hash)).to.equal(undefined)
      expect(await bench.chain.broadcast(rawTransaction)).to.equal(hash)
      const receipt = await bench.chain.mined(hash)
      expect(receipt).to.include({ hash, succeeded: true, gasUsed: 21_000n, contractAddress: undefined })
      expect(receipt.blockHash).to.equal(await bench.chain.blockHash(receipt.blockNumber))
    })

    it('takes the same bytes again as done, waiting or mined, with no second effect', async () => {
      const { control } = bench.embedded
      const { rawTransaction, hash } = await signed(await bench.chain.suggestFees())
      const nonce = await bench.chain.nonce(bench.anchorer.address, 'latest')
      await control('evm_setAutomine', [false])
      for (let i = 0; i < 3; i++) expect(await bench.chain.broadcast(rawTransaction)).to.equal(hash)
      expect(await bench.chain.nonce(bench.anchorer.address, 'latest')).to.equal(nonce)
      expect(await bench.chain.nonce(bench.anchorer.address, 'pending')).to.equal(nonce + 1)
      expect(await faultOf(bench.chain.mined(hash, 50))).to.equal('NOT_MINED')
      await control('evm_mine', [])
      await control('evm_setAutomine', [true])
      for (let i = 0; i < 3; i++) expect(await bench.chain.broadcast(rawTransaction)).to.equal(hash)
      expect(await bench.chain.nonce(bench.anchorer.address, 'latest')).to.equal(nonce + 1)
    })

    it('replaces a waiting transaction by one with an eighth more, and then refuses the first', async () => {
      const { control } = bench.embedded
      await control('evm_setAutomine', [false])
      const fees = await bench.chain.suggestFees()
      const first = await signed(fees)
      const second = await signed(bumpFees(fees))
      await bench.chain.broadcast(first.rawTransaction)
      await bench.chain.broadcast(second.rawTransaction)
      await control('evm_mine', [])
      await control('evm_setAutomine', [true])
      expect((await bench.chain.receipt(second.hash))?.succeeded).to.equal(true)
      expect(await bench.chain.receipt(first.hash)).to.equal(undefined)
      expect(await faultOf(bench.chain.broadcast(first.rawTransaction))).to.equal('NONCE_USED')
    })

    it('names a used nonce, a gap, a fee that is too low, and an empty account', async () => {
      const fees = await bench.chain.suggestFees()
      const nonce = await bench.chain.nonce(bench.anchorer.address, 'latest')
      const send = async (given: Fees, at: number) => bench.chain.broadcast((await signed(given, at)).rawTransaction)
      expect(await faultOf(send({ gasPrice: 10n ** 10n }, nonce - 1))).to.equal('NONCE_USED')
      expect(await faultOf(send(fees, nonce + 3))).to.equal('NONCE_GAP')
      expect(await faultOf(send({ maxFeePerGas: 1n, maxPriorityFeePerGas: 1n }, nonce))).to.equal('UNDERPRICED')
      expect(await faultOf(send({ gasPrice: 10n ** 24n }, nonce))).to.equal('INSUFFICIENT_FUNDS')
    })

    it('does not take a lost connection for an answer', async () => {
      const { rawTransaction } = await signed(await bench.chain.suggestFees())
      const chain = await connect({ ...bench.embedded })
      const gone = await openGateway(bench.embedded.url, () => undefined)
      const far = await connect({ url: gone.url, chainId: chain.chainId })
      await gone.close()
      expect(await faultOf(far.broadcast(rawTransaction))).to.equal('UNREACHABLE')
    })

    it('pays a gas price where the chain has no base fee', async () => {
      const withoutBaseFee: Rule = method => {
        if (method === 'eth_getBlockByNumber') return { result: { number: '0x1', hash: hex32('a') } }
        return method === 'eth_gasPrice' ? { result: '0x12a05f200' } : undefined
      }
      const fees = await behind(withoutBaseFee, url => suggestFees(httpRpc(url)))
      expect(fees).to.deep.equal({ gasPrice: 5_000_000_000n })
      const { rawTransaction, hash } = await signed(fees)
      await bench.chain.broadcast(rawTransaction)
      const mined = (await bench.chain.rpc('eth_getTransactionByHash', [hash])) as { type: string; gasPrice: string }
      expect([mined.type, mined.gasPrice]).to.deep.equal(['0x0', '0x12a05f200'])
    })

    it('raises every fee by at least an eighth', () => {
      for (const fee of [1n, 7n, 8n, 9n, 999n, 10n ** 9n, 10n ** 9n + 1n]) {
        const raised = bumpFees({ maxFeePerGas: fee, maxPriorityFeePerGas: fee })
        expect(raised).to.deep.equal({
          maxFeePerGas: fee + (fee + 7n) / 8n,
          maxPriorityFeePerGas: fee + (fee + 7n) / 8n,
        })
        expect((fee + (fee + 7n) / 8n) * 8n >= fee * 9n).to.equal(true)
      }
      expect(bumpFees({ gasPrice: 0n })).to.deep.equal({ gasPrice: 0n })
    })
  })

  describe('finality', () => {
    it('counts the block itself as its first confirmation', async () => {
      const latest = await bench.chain.latestBlock()
      expect(await bench.chain.finalizedBlock('instant')).to.equal(latest)
      expect(await bench.chain.finalizedBlock({ confirmations: 1 })).to.equal(latest)
      expect(await bench.chain.finalizedBlock({ confirmations: 3 })).to.equal(latest - 2n)
      expect(await bench.chain.finalizedBlock({ confirmations: Number(latest) + 1 })).to.equal(0n)
      expect(await bench.chain.finalizedBlock({ confirmations: Number(latest) + 2 })).to.equal(undefined)
    })

    it('asks the chain for its finalized block', async () => {
      const tagged = { number: '0x2', hash: hex32('b'), timestamp: '0x0' }
      const rule: Rule = (method, [tag]) =>
        method === 'eth_getBlockByNumber' && tag === 'finalized' ? { result: tagged } : undefined
      expect(await behind(rule, async url => (await connectAt(url)).finalizedBlock('finalized'))).to.equal(2n)
    })

    it('tells a chain that has nothing final yet from one that has no such tag', async () => {
      const answering = (answer: { result: null } | { error: { code: number; message: string } }) =>
        behind(
          (method, [tag]) => (method === 'eth_getBlockByNumber' && tag === 'finalized' ? answer : undefined),
          async url => (await connectAt(url)).finalizedBlock('finalized'),
        )
      expect(await answering({ result: null })).to.equal(undefined)
      expect(await answering({ error: { code: -39_001, message: 'finalized block not found' } })).to.equal(undefined)
      const besu = answering({ error: { code: -32_602, message: 'Invalid block param' } })
      expect(await faultOf(besu)).to.equal('NO_FINALITY')
    })

    it('sees another hash where a block was replaced, and none where it went', async () => {
      const { control } = bench.embedded
      const before = await control('evm_snapshot', [])
      await control('evm_mine', [])
      const number = await bench.chain.latestBlock()
      const hash = await bench.chain.blockHash(number)
      await control('evm_revert', [before])
      expect(await bench.chain.blockHash(number)).to.equal(undefined)
      await bench.chain.broadcast((await signed(await bench.chain.suggestFees())).rawTransaction)
      expect(await bench.chain.blockHash(number))
        .to.be.a('string')
        .and.not.equal(hash)
    })
  })

  const connectAt = (url: string) => connect({ url, chainId: 31_337n })
})
