import { resolve } from 'node:path'
import { expect } from 'chai'
import { ConfigError, readConfig } from '../../api/config.ts'
import { makeUscc } from '../../core/uscc.ts'

const production = {
  TALLYSTICK_ENV: 'production',
  DATABASE_URL: 'postgres://node@db.example/tallystick',
  CHAINS_FILE: '/etc/tallystick/chains.json',
  TRUST_FILE: '/etc/tallystick/trust.json',
  PUBLIC_URL: 'https://node.example/',
  LOG_ORIGIN: 'node.example/log',
  LOG_KEY_FILE: '/etc/tallystick/log.key',
  NODE_KEY_FILE: '/etc/tallystick/node.key',
  OPERATOR_USCC: makeUscc('91310000MA1FL0000'),
  OPERATOR_NAME: '示例',
}

const refusal = (env: Record<string, string | undefined>): string => {
  try {
    readConfig(env)
  } catch (error) {
    expect(error).to.be.instanceOf(ConfigError)
    return (error as Error).message
  }
  throw new Error('it was taken')
}

describe('the configuration', () => {
  it('of nothing is a development node on loopback', () => {
    expect(readConfig({})).to.deep.include({
      production: false,
      HOST: '127.0.0.1',
      PORT: 8080,
      DATA_DIR: resolve('.data'),
      TRUSTED_PROXIES: [],
      CODE_PREFIXES: [],
    })
  })

  it('takes an empty variable as one that is not set', () => {
    expect(readConfig({ PORT: '', DATABASE_URL: '' })).to.deep.equal(readConfig({}))
  })

  it('of production takes all that development would make for itself', () => {
    expect(readConfig({ ...production, HOST: '0.0.0.0' })).to.deep.include({
      production: true,
      HOST: '0.0.0.0',
      PUBLIC_URL: 'https://node.example',
    })
  })

  for (const name of Object.keys(production).filter(it => it !== 'TALLYSTICK_ENV')) {
    it(`of production without ${name} is refused, and that is named`, () => {
      expect(refusal({ ...production, [name]: undefined })).to.match(new RegExp(`^${name}: not set`))
      expect(refusal({ ...production, [name]: '' })).to.match(new RegExp(`^${name}: not set`))
    })
  }

  it('of production with nothing else names everything that is missing, each on its line', () => {
    const lines = refusal({ TALLYSTICK_ENV: 'production' }).split('\n')
    expect(lines.map(line => line.split(':')[0])).to.deep.equal(Object.keys(production).slice(1))
  })

  it('of development listens on loopback alone', () => {
    for (const HOST of ['0.0.0.0', '::', '192.168.1.5', 'node.example']) {
      expect(refusal({ HOST })).to.match(/^HOST: .*loopback/)
    }
    for (const HOST of ['127.0.0.1', '::1', 'localhost']) expect(readConfig({ HOST }).HOST).to.equal(HOST)
  })

  const wrong: readonly [name: string, value: string][] = [
    ['TALLYSTICK_ENV', 'staging'],
    ['PORT', '0'],
    ['PORT', '65536'],
    ['PORT', '80.5'],
    ['PORT', '0x50'],
    ['PORT', 'http'],
    ['PUBLIC_URL', 'node.example'],
    ['PUBLIC_URL', 'ftp://node.example'],
    ['DATABASE_URL', 'mysql://u:hunter2@db/x'],
    ['LOG_ORIGIN', 'two words'],
    ['LOG_ORIGIN', 'a+b'],
    ['TSA_URL', 'tsa'],
    ['TRUSTED_PROXIES', 'proxy.example'],
    ['TRUSTED_PROXIES', '10.0.0.0/33'],
    ['CODE_PREFIXES', '690,abc'],
    ['OPERATOR_USCC', '91310000MA1FL00000'],
  ]
  for (const [name, value] of wrong) {
    it(`refuses ${name}=${value} with one line that names it and does not repeat it`, () => {
      const message = refusal({ [name]: value })
      expect(message).to.match(new RegExp(`^${name}: takes `))
      expect(message).not.to.contain('\n')
      expect(message).not.to.contain('hunter2')
    })
  }

  it('reads lists, and makes paths absolute', () => {
    const config = readConfig({
      TRUSTED_PROXIES: 'loopback, 10.0.0.0/8,::1',
      CODE_PREFIXES: '6901234,88.100',
      CHAINS_FILE: 'chains.json',
    })
    expect(config.TRUSTED_PROXIES).to.deep.equal(['loopback', '10.0.0.0/8', '::1'])
    expect(config.CODE_PREFIXES).to.deep.equal(['6901234', '88.100'])
    expect(config.CHAINS_FILE).to.equal(resolve('chains.json'))
  })
})
