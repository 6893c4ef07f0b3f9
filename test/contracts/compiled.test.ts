import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { PUBLISHED, publishedFile, publishedText } from '../../scripts/compile.ts'
import { admin, compiled, contractNamed, deployLogAnchor, ethers } from './network.ts'

/** Opcodes of runtime code, without the bytes that PUSH instructions carry and without the metadata at its end. */
const opcodes = (deployedBytecode: string): Set<number> => {
  const code = Buffer.from(deployedBytecode.slice(2), 'hex')
  const end = code.length - 2 - code.readUInt16BE(code.length - 2)
  const found = new Set<number>()
  for (let at = 0; at < end; at++) {
    const opcode = code[at] ?? 0
    found.add(opcode)
    if (opcode >= 0x60 && opcode <= 0x7f) at += opcode - 0x5f
  }
  return found
}

describe('the committed compiled contracts', function () {
  this.timeout(60_000)

  for (const name of PUBLISHED) {
    it(`are what the sources compile to, without a warning: ${name}`, () => {
      expect(readFileSync(publishedFile(name), 'utf8')).to.equal(publishedText(contractNamed(name)))
    })

    it(`keep each variable where the committed storage layout says: ${name}`, () => {
      const { storage = [] } = compiled.get(name) ?? {}
      expect(readFileSync(publishedFile(name, 'storage'), 'utf8')).to.equal(publishedText(storage))
    })

    it(`leave no way to exchange or remove code: ${name}`, () => {
      const used = opcodes(contractNamed(name).deployedBytecode)
      const [callcode, delegatecall, selfdestruct] = [0xf2, 0xf4, 0xff]
      expect(used.has(0x54), 'the walk over the code went astray: no SLOAD').to.equal(true)
      for (const opcode of [callcode, delegatecall, selfdestruct]) expect(used.has(opcode)).to.equal(false)
    })
  }

  it('keep the size of a head, its block, cap and count of re-foundings in one slot, and its root in the next', async () => {
    const contract = await deployLogAnchor()
    const logId = ethers.id('a log')
    const opened = await contract.open(logId, 5n, ethers.id('a root'), 7n)
    const mapping = compiled.get('LogAnchor')?.storage.find(({ label }) => label === '_heads')?.slot ?? ''
    const slot = BigInt(ethers.keccak256(ethers.concat([logId, ethers.toBeHex(BigInt(mapping), 32)])))
    const words = await Promise.all([0n, 1n].map(at => admin.provider?.getStorage(contract.getAddress(), slot + at)))
    const block = BigInt((await opened.wait())?.blockNumber ?? 0)
    expect(words).to.deep.equal([ethers.toBeHex(5n + (block << 64n) + (7n << 128n), 32), ethers.id('a root')])
  })

  it('have the code hash of every deployment, whatever it was constructed with', async () => {
    const { codeHash, deployedBytecode } = contractNamed('LogAnchor')
    const first = await deployLogAnchor()
    const second = await deployLogAnchor(ethers.id('someone').slice(0, 42), await first.getAddress())
    for (const contract of [first, second]) {
      const code = await admin.provider?.getCode(await contract.getAddress())
      expect(code).to.equal(deployedBytecode)
      expect(ethers.keccak256(code ?? '0x')).to.equal(codeHash)
    }
  })
})
