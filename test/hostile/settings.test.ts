import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'

const start = join(import.meta.dirname, '../../scripts/start.ts')

/** `npm start` with these settings and no others. */
const started = async (env: Readonly<Record<string, string>>) => {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', start, '--empty', '--no-console'], {
    env: { PATH: process.env.PATH, ...env },
  })
  let [out, error] = ['', '']
  child.stdout.on('data', chunk => {
    out += chunk
  })
  child.stderr.on('data', chunk => {
    error += chunk
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, lines: error.trimEnd().split('\n') }
}

describe('bad settings', function () {
  this.timeout(20_000)
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tallystick-settings-'))
    await writeFile(join(folder, 'bad.json'), '{\n')
  })
  after(() => rm(folder, { recursive: true, force: true }))

  it('production refuses every development default by name, a line each', async () => {
    const { code, out, lines } = await started({ TALLYSTICK_ENV: 'production', DATA_DIR: folder })
    expect([code, out]).to.deep.equal([2, ''])
    const needed = ['DATABASE_URL', 'CHAINS_FILE', 'TRUST_FILE', 'PUBLIC_URL', 'LOG_ORIGIN', 'LOG_KEY_FILE']
    expect(lines).to.deep.equal(
      [...needed, 'NODE_KEY_FILE', 'OPERATOR_USCC', 'OPERATOR_NAME'].map(
        name => `${name}: not set, and production takes no development default`,
      ),
    )
  })

  for (const [name, value] of [
    ['TALLYSTICK_ENV', 'prod'],
    ['PORT', 'abc'],
    ['PORT', '0'],
    ['PORT', '65536'],
    ['HOST', '0.0.0.0'],
    ['PUBLIC_URL', 'ftp://example.com'],
    ['TRUSTED_PROXIES', 'everybody'],
    ['DATABASE_URL', 'mysql://localhost/x'],
    ['LOG_ORIGIN', 'a b'],
    ['TSA_URL', 'x'],
    ['CODE_PREFIXES', 'all'],
    ['OPERATOR_USCC', '91440101MA5WHLBU0C'],
    ['OPERATOR_ROLES', 'king'],
  ] as const) {
    it(`${name}=${value} ends the start with one line that names it`, async () => {
      const { code, out, lines } = await started({ DATA_DIR: join(folder, 'data'), [name]: value })
      expect([code, out]).to.deep.equal([2, ''])
      expect(lines).to.have.lengthOf(1)
      expect(lines[0]).to.match(new RegExp(`^${name}: takes `))
    })
  }

  for (const file of ['bad.json', 'missing.json']) {
    it(`files that are ${file} end the start with one line that names the first variable`, async () => {
      const path = join(folder, file)
      const { code, out, lines } = await started({
        ...{ TALLYSTICK_ENV: 'production', DATA_DIR: folder, DATABASE_URL: 'postgres://a:b@127.0.0.1:1/x' },
        ...{ PUBLIC_URL: 'https://example.com', LOG_ORIGIN: 'example.com/log', OPERATOR_NAME: 'x' },
        ...{ OPERATOR_USCC: '91440101MA5TALLY06', TRUST_FILE: path, CHAINS_FILE: path },
        ...{ LOG_KEY_FILE: path, NODE_KEY_FILE: path },
      })
      expect([code, out]).to.deep.equal([2, ''])
      expect(lines, lines.join('\n')).to.have.lengthOf(1)
      expect(lines[0]).to.match(/^(?:TRUST|CHAINS|LOG_KEY|NODE_KEY)_FILE: /)
    })
  }
})
