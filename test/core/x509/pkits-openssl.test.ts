import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { pem } from '../../../core/x509/pem.ts'
import { at, certificates, crls, judge, suite } from './pkits.ts'

const run = promisify(execFile)
const vectors = '/usr/lib/python3/dist-packages/cryptography_vectors/x509/PKITS_data'

/** Debian has the suite as NIST published it, and OpenSSL, which builds paths and knows policies, constraints and deltas. */
const install = async (): Promise<boolean> => {
  if (!existsSync(vectors) && process.platform === 'linux' && process.getuid?.() === 0) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    const options = ['-y', '-qq', '--no-install-recommends']
    await run('apt-get', ['update', '-qq'], { env }).catch(() => undefined)
    await run('apt-get', ['install', ...options, 'python3-cryptography-vectors', 'openssl'], { env }).catch(
      () => undefined,
    )
  }
  return existsSync(vectors)
}

describe('NIST PKITS beside OpenSSL', () => {
  const ends = [...certificates.keys()].filter(name => name.endsWith('EE')).sort()
  let folder: string
  before(async function () {
    this.timeout(300_000)
    if (!(await install())) this.skip()
    folder = await mkdtemp(join(tmpdir(), 'pkits-'))
    const others = [...certificates].filter(([name]) => !name.endsWith('EE') && name !== 'TrustAnchorRootCertificate')
    await writeFile(join(folder, 'root'), pem('CERTIFICATE', certificates.get('TrustAnchorRootCertificate')!))
    await writeFile(join(folder, 'untrusted'), pem('CERTIFICATE', ...others.map(([, der]) => der)))
    await writeFile(join(folder, 'crls'), pem('X509 CRL', ...crls))
    for (const name of ends) await writeFile(join(folder, name), pem('CERTIFICATE', certificates.get(name)!))
  })
  after(() => folder && rm(folder, { recursive: true }))

  const oracle = async (name: string): Promise<boolean> => {
    const flags = [
      '-x509_strict',
      '-crl_check_all',
      '-extended_crl',
      '-use_deltas',
      '-attime',
      `${at.getTime() / 1000}`,
    ]
    const files = ['-trusted', 'root', '-untrusted', 'untrusted', '-CRLfile', 'crls', name]
    // Security level 0: whether SHA-1 still counts is our table's to say, not a setting's.
    const args = ['verify', '-auth_level', '0', ...flags, ...files]
    return run('openssl', args, { cwd: folder }).then(
      () => true,
      (error: { code?: unknown }) => {
        if (typeof error.code !== 'number') throw error
        return false
      },
    )
  }

  it('reads the very files that NIST published', async () => {
    for (const [kind, held] of Object.entries({ certs: suite.certificates, crls: suite.crls })) {
      const files = await readdir(join(vectors, kind))
      expect(files.map(file => file.replace(/\.cr[tl]$/, '')).sort()).to.deep.equal(Object.keys(held).sort())
      for (const file of files) {
        const der = await readFile(join(vectors, kind, file))
        expect(held[file.replace(/\.cr[tl]$/, '')], file).to.equal(der.toString('base64'))
      }
    }
  })

  it('takes nothing that OpenSSL refuses, and the decision record has the reason for each that we alone refuse', async function () {
    this.timeout(180_000)
    const ours = new Map<string, string>()
    const falseAccepts: string[] = []
    for (const name of ends) {
      const [theirs, outcomes] = await Promise.all([oracle(name), judge(name)])
      if (outcomes.has('passes') && !theirs) falseAccepts.push(name)
      if (!outcomes.has('passes') && theirs) {
        ours.set(
          name,
          [...outcomes]
            .filter(it => it !== 'ANCHOR_UNKNOWN' || outcomes.size === 1)
            .sort()
            .join(', '),
        )
      }
    }
    expect(falseAccepts).to.deep.equal([])
    const record = await readFile(
      new URL('../../../docs/decisions/0025-revocation-and-time.md', import.meta.url),
      'utf8',
    )
    const listed = new Map(
      [...record.matchAll(/^\| `(\w+EE)` \| `([^`]+)` \|/gm)].map(([, name, rule]) => [name, rule]),
    )
    expect(Object.fromEntries(listed)).to.deep.equal(Object.fromEntries(ours))
  })
})
