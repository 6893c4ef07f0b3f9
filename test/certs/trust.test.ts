import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { createAuthority, usccAt } from '../../certs/authority.ts'
import { loadTrust, saveTrust } from '../../certs/trust.ts'
import type { TrustFile } from '../../core/trust.ts'
import { pem } from '../../core/x509/pem.ts'

describe('trust file on disk', () => {
  let folder: string
  let trust: TrustFile
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'trust-'))
    const { root } = await createAuthority({ name: 'Test', now: new Date() })
    const anchor = { id: 'dev', certificate: pem('CERTIFICATE', root.certificate), roles: ['bank' as const], usccAt }
    trust = { version: 1, anchors: [anchor], nodes: [], chains: [], witnesses: { quorum: 0, keys: [] } }
  })
  after(() => rm(folder, { recursive: true }))

  it('comes back as it was saved, and nothing else is left', async () => {
    const path = join(folder, 'trust.json')
    await saveTrust(path, trust)
    expect((await loadTrust(path)).anchors[0]).to.include({ id: 'dev', crl: 'required' })
    expect(await readdir(folder)).to.deep.equal(['trust.json'])
  })

  it('is not replaced by one that could not be loaded', async () => {
    const path = join(folder, 'trust.json')
    await saveTrust(path, trust)
    const before = await readFile(path, 'utf8')
    const outcome = await saveTrust(path, { ...trust, witnesses: { quorum: 1, keys: [] } }).catch(error => error)
    expect(outcome).to.be.instanceOf(SyntaxError)
    expect(await readFile(path, 'utf8')).to.equal(before)
  })

  it('names the file and the place of what is wrong', async () => {
    const path = join(folder, 'wrong.json')
    await writeFile(path, JSON.stringify({ ...trust, version: 7 }))
    const outcome = await loadTrust(path).catch(error => error)
    expect(outcome).to.have.property('message', `${path}: version: Invalid input: expected 1`)
    const missing = await loadTrust(join(folder, 'missing.json')).catch(error => error)
    expect(missing).to.have.property('message').that.contains('missing.json')
  })
})
