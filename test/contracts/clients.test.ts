import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import {
  Contract,
  ContractFactory,
  HDNodeWallet,
  Interface,
  type InterfaceAbi,
  JsonRpcProvider,
  NonceManager,
} from 'ethers'
import { asHash } from '../../core/merkle.ts'
import { logIdOf } from '../../core/verify/anchor-rpc.ts'
import { type Chain, connect } from '../../ledger/chain/adapter.ts'
import { ChainFault } from '../../ledger/chain/fault.ts'
import { deployLogAnchor, LOG_ANCHOR_CODE_HASH, type LogAnchor, logAnchorAt } from '../../ledger/chain/log-anchor.ts'
import { logAnchorAdmin } from '../../ledger/chain/log-anchor-admin.ts'
import { type ClientName, clients, installed, PHRASE, type Running, started } from './clients.ts'
import { contractNamed, type LogProofContract } from './network.ts'
import {
  consistencyProof,
  drawFrom,
  drawnGrowth,
  forkAt,
  inclusionProof,
  leafHash,
  treeHash,
} from './reference-tree.ts'

const vectors = <T>(file: string): T[] =>
  JSON.parse(readFileSync(new URL(`../vectors/${file}`, import.meta.url), 'utf8'))
const hex = (base64: string): string => `0x${Buffer.from(base64, 'base64').toString('hex')}`
const gas = JSON.parse(readFileSync(new URL('../../contracts/abi/LogAnchor.gas.json', import.meta.url), 'utf8'))
const signer = HDNodeWallet.fromPhrase(PHRASE)

type Vector = Record<string, string> & { proof: string[] | null; wantErr: boolean }
type Question = { readonly name: string; readonly ask: () => Promise<boolean>; readonly right: boolean }

/** Asked a few at a time: thousands of calls at once are refused by some. */
const answersTo = async (questions: readonly Question[]): Promise<string[]> => {
  const wrong: string[] = []
  for (let at = 0; at < questions.length; at += 32) {
    await Promise.all(
      questions.slice(at, at + 32).map(async ({ name, ask, right }) => {
        if ((await ask()) !== right) wrong.push(name)
      }),
    )
  }
  return wrong
}

for (const name of Object.keys(clients) as ClientName[]) {
  const bin = await installed(name)
  if (bin === undefined) {
    // Skipped by name: where CI=true that fails the run, and a platform that has the client can't hide it.
    describe.skip(`the contracts on ${name}`, () => it('are tested where the platform has it', () => undefined))
    continue
  }
  describe(`the contracts on ${name}`, function () {
    this.timeout(120_000)
    let client: Running
    let provider: JsonRpcProvider
    let proofs: LogProofContract
    let chain: Chain

    before(async () => {
      client = await started(name, bin)
      provider = new JsonRpcProvider(client.url, undefined, { cacheTimeout: -1, batchMaxCount: 1 })
      const { abi, bytecode } = contractNamed('LogProofHarness')
      const calls = new Interface(abi as InterfaceAbi)
      const factory = new ContractFactory(calls, bytecode, new NonceManager(signer.connect(provider)))
      const deployed = await (await factory.deploy()).waitForDeployment()
      proofs = new Contract(await deployed.getAddress(), calls, provider) as unknown as LogProofContract
      chain = await connect({ url: client.url, chainId: (await provider.getNetwork()).chainId })
    })
    after(async () => {
      provider?.destroy()
      await client?.stop()
    })

    it('answer every published vector', async () => {
      const whole = (hashes: string[]) => hashes.every(hash => hash.length === 66)
      const consistency = vectors<Vector>('rfc6962_consistency.json').flatMap((it): Question[] => {
        const [root1 = '', root2 = '', ...proof] = [it.root1, it.root2, ...(it.proof ?? [])].map(h => hex(h ?? ''))
        const ask = () => proofs.verifyConsistency(BigInt(it.size1 ?? ''), BigInt(it.size2 ?? ''), root1, root2, proof)
        return whole([root1, root2, ...proof]) ? [{ name: it.name ?? '', ask, right: !it.wantErr }] : []
      })
      const inclusion = vectors<Vector>('rfc6962_inclusion.json').flatMap((it): Question[] => {
        const [leaf = '', root = '', ...proof] = [it.leafHash, it.root, ...(it.proof ?? [])].map(h => hex(h ?? ''))
        const ask = () => proofs.verifyInclusion(BigInt(it.leafIdx ?? ''), BigInt(it.treeSize ?? ''), leaf, proof, root)
        return whole([leaf, root, ...proof]) ? [{ name: it.name ?? '', ask, right: !it.wantErr }] : []
      })
      expect([consistency.length, inclusion.length].every(count => count > 20)).to.equal(true)
      expect(await answersTo([...consistency, ...inclusion])).to.deep.equal([])
    })

    it('accept every growth and every entry to 12 entries, and none with a proof cut or padded', async () => {
      const questions: Question[] = []
      for (let n = 1n; n <= 12n; n++) {
        for (let m = 1n; m < n; m++) {
          const proof = consistencyProof(m, n)
          const ask = (given: readonly Uint8Array[]) => () =>
            proofs.verifyConsistency(m, n, treeHash(m), treeHash(n), given)
          questions.push({ name: `${m} to ${n}`, ask: ask(proof), right: true })
          questions.push({ name: `${m} to ${n}, cut`, ask: ask(proof.slice(1)), right: false })
          questions.push({ name: `${m} to ${n}, padded`, ask: ask([...proof, treeHash(m)]), right: false })
        }
        for (let i = 0n; i < n; i++) {
          const [leaf, proof] = [leafHash(Buffer.from(String(i))), inclusionProof(i, n)]
          const ask = (given: readonly Uint8Array[]) => () => proofs.verifyInclusion(i, n, leaf, given, treeHash(n))
          questions.push({ name: `${i} of ${n}`, ask: ask(proof), right: true })
          questions.push({ name: `${i} of ${n}, padded`, ask: ask([...proof, leaf]), right: false })
        }
      }
      expect(await answersTo(questions)).to.deep.equal([])
    })

    describe('with a log of its own', () => {
      const logId = logIdOf(`log.example/${name}`)
      let contract: LogAnchor
      const anchor = async (held: bigint, size: bigint, { treeHash: hash, consistencyProof: prove } = forkAt(999n)) => {
        const [nonce, fees] = [await chain.nonce(signer.address, 'latest'), await chain.suggestFees()]
        const head = { logId, size, root: asHash(hash(size)), proof: size > held ? prove(held, size) : [] }
        const { rawTransaction } = await contract.prepareAnchor({ ...head, signer, nonce, fees })
        return chain.mined(await chain.broadcast(rawTransaction))
      }

      before(async () => {
        const { address } = await deployLogAnchor(chain, signer)
        contract = logAnchorAt(chain, address)
        await contract.openLog(signer, { logId, size: 5n, root: asHash(treeHash(5n)), maxGrowth: 100n })
        await contract.grantAnchoring(signer, logId, signer.address)
      })

      it('is the contract whose code hash is committed', async () => {
        expect(await contract.codeHash()).to.equal(LOG_ANCHOR_CODE_HASH)
      })

      it('takes what extends, repeats, and names what does not', async () => {
        expect((await anchor(5n, 9n)).succeeded).to.equal(true)
        expect((await anchor(9n, 9n)).succeeded).to.equal(true)
        expect(await contract.head(logId)).to.deep.include({ size: 9n, root: treeHash(9n), refounded: 0n })
        const fork = { logId, size: 9n, root: asHash(treeHash(8n)), proof: [] }
        const refusal = await contract.tryAnchor(signer.address, fork).catch((fault: unknown) => fault)
        expect(refusal).to.be.instanceOf(ChainFault)
        expect(refusal).to.have.nested.property('reverted.name', 'ForkedHead')
      })

      it('costs what it costs on Hardhat’s node', async () => {
        const what = 'anchor 1,000,000 to 1,001,000'
        const { root1, root2, proof } = drawnGrowth(1_000_000n, 1_001_000n, drawFrom(what))
        const other = logIdOf(`log.example/${what}`)
        const cap = 2n ** 64n - 1n
        await contract.openLog(signer, { logId: other, size: 1_000_000n, root: asHash(root1), maxGrowth: cap })
        await contract.grantAnchoring(signer, other, signer.address)
        const [nonce, fees] = [await chain.nonce(signer.address, 'latest'), await chain.suggestFees()]
        const head = { logId: other, size: 1_001_000n, root: asHash(root2), proof }
        const { rawTransaction } = await contract.prepareAnchor({ ...head, signer, nonce, fees })
        const hash = await chain.broadcast(rawTransaction)
        await chain.mined(hash)
        expect(Number((await provider.getTransactionReceipt(hash))?.gasUsed)).to.equal(gas[what])
      })

      it('survives a junk head, and moves to a successor with all that happened', async () => {
        const junk = forkAt(9n)
        await anchor(9n, 60n, junk)
        const admin = logAnchorAdmin(chain, contract.address, signer)
        await admin.refound({
          logId,
          kept: { size: 9n, root: asHash(treeHash(9n)) },
          abandonedProof: junk.consistencyProof(9n, 60n),
          next: { size: 12n, root: asHash(treeHash(12n)) },
          proof: consistencyProof(9n, 12n),
          checkpoint: asHash(treeHash(1n)),
        })
        const next = logAnchorAt(chain, (await deployLogAnchor(chain, signer, contract.address)).address)
        await admin.retire(next.address)
        await logAnchorAdmin(chain, next.address, signer).copyHead(logId)
        expect(await next.head(logId)).to.deep.include({ size: 12n, root: treeHash(12n), refounded: 1n })
        expect(await next.refoundings(logId)).to.deep.equal(await contract.refoundings(logId))
      })
    })
  })
}
