import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect } from 'chai'
import { Wallet } from 'ethers'
import { readChains } from '../../api/chains.ts'

const wallet = new Wallet(`0x${'5a'.repeat(32)}`)
const password = 'correct horse 电池 staple'

describe('the settings of a chain', () => {
  let folder: string
  let keystore: string
  const file = (name: string) => join(folder, name)
  before(async function () {
    this.timeout(30_000)
    folder = await mkdtemp(join(tmpdir(), 'tallystick-chains-'))
    keystore = await wallet.encrypt(password)
  })
  after(() => rm(folder, { recursive: true }))

  const chain = {
    ...{ name: 'consortium', rpc: 'http://127.0.0.1:9', chainId: '7', genesis: `0x${'ab'.repeat(32)}` },
    ...{
      contract: `0x${'cd'.repeat(20)}`,
      codeHash: `0x${'ef'.repeat(32)}`,
      operatorOnly: false,
      finality: 'finalized',
    },
  }
  const read = async (key: string, more: object = {}, passwordText?: string) => {
    await writeFile(file('key.json'), key)
    if (passwordText !== undefined) await writeFile(file('password'), passwordText)
    await writeFile(file('chains.json'), JSON.stringify([{ ...chain, keyFile: file('key.json'), ...more }]))
    const [only] = await readChains(file('chains.json'))
    return only!
  }
  /** Why it was refused; nothing about the error, causes included, tells any of the key. */
  const refusal = async (...given: Parameters<typeof read>) => {
    const error = await read(...given).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).to.be.instanceOf(Error)
    expect(inspect(error, { depth: 10 })).not.to.match(/5a5a|7b7b/i)
    return (error as Error).message
  }

  it('open an encrypted keystore with the password in its file, with or without a line break', async () => {
    for (const end of ['', '\n', '\r\n']) {
      const { target } = await read(keystore, { passwordFile: file('password') }, `${password}${end}`)
      expect(await target.signer.getAddress()).to.equal(wallet.address)
      expect(target).not.to.have.property('admin')
    }
  }).timeout(60_000)

  it('say which password does not open which keystore', async () => {
    const told = await refusal(keystore, { passwordFile: file('password') }, 'wrong')
    expect(told).to.equal(`${file('key.json')}: the password in ${file('password')} does not open it`)
  }).timeout(30_000)

  it('say that an encrypted key needs a password file, and that this can not be read', async () => {
    expect(await refusal(keystore)).to.match(/key\.json: is encrypted: a passwordFile has to be named/)
    expect(await refusal(keystore, { passwordFile: file('nowhere') })).to.match(/nowhere: can not be read/)
  })

  it('refuse a broken keystore, a password beside a plain key, and what is no key, without telling any of it', async () => {
    const broken = JSON.stringify({ ...JSON.parse(keystore), Crypto: { cipher: 'none' } })
    expect(await refusal(broken, { passwordFile: file('password') }, 'x')).to.match(/key\.json: is no keystore/)
    const plain = JSON.stringify({ privateKey: `0x${'5a'.repeat(32)}` })
    expect(await refusal(plain, { passwordFile: file('password') }, 'x')).to.match(/is not encrypted/)
    expect(await refusal(`0x${'5a'.repeat(32)}`)).to.match(/key\.json: is not JSON/)
    expect(await refusal(JSON.stringify({ privateKey: '5a'.repeat(32) }))).to.match(/privateKey: expected 0x and 64/)
    expect(await refusal(JSON.stringify({ privateKey: `0x${'0'.repeat(64)}` }))).to.match(/no key of secp256k1/)
    expect(await refusal(JSON.stringify({ privateKey: `0x${'5a'.repeat(32)}`, other: '7b7b' }))).to.match(/key\.json/)
  })

  it('take a plain key, in development with an administrator', async () => {
    const both = { privateKey: `0x${'5a'.repeat(32)}`, administrator: `0x${'7b'.repeat(32)}` }
    const { target } = await read(JSON.stringify(both))
    expect(await target.signer.getAddress()).to.equal(wallet.address)
    expect(target).to.have.property('admin')
  })

  it('say how long a head may wait, and how many entries at most', async () => {
    const key = JSON.stringify({ privateKey: `0x${'5a'.repeat(32)}` })
    expect((await read(key)).policy).to.deep.equal({ every: 2000 })
    const policy = { seconds: 60, entries: 10_000 }
    expect((await read(key, { policy })).policy).to.deep.equal({ every: 60_000, atOnce: 10_000n })
    expect(await refusal(key, { policy: { seconds: 0 } })).to.match(/policy/)
  })
})
