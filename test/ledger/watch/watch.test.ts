import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { hex } from '../../../core/bytes.ts'
import { openCheckpoint } from '../../../core/checkpoint.ts'
import { consistencyProof, inclusionProof, rootAt } from '../../../core/merkle/proof.ts'
import { verifyConsistency } from '../../../core/merkle/verify.ts'
import { leafHash } from '../../../core/merkle.ts'
import { parseVerifierKey } from '../../../core/note.ts'
import { formatTlogProof, verifyTlogProof } from '../../../core/tlog-proof.ts'
import { publicLog, Unavailable } from '../../../ledger/watch/public-log.ts'
import { formatSeen, parseSeen, type Seen } from '../../../ledger/watch/seen.ts'
import { type Watch, watchOnce } from '../../../ledger/watch/watch.ts'
import { run } from '../../../scripts/commands/program.ts'
import { type ForeignLog, foreignLog } from './foreign-log.ts'

describe('watching a log of other software from outside', () => {
  let log: ForeignLog
  let folder: string
  beforeEach(async () => {
    log = await foreignLog()
    folder = await mkdtemp(join(tmpdir(), 'watch-'))
  })
  afterEach(async () => {
    await log.close()
    await rm(folder, { recursive: true })
  })

  /** Entries of any length that the format takes, the longest and the shortest among them. */
  const grow = (count: number) => {
    for (let i = 0; i < count; i++) {
      const length = log.entries.length === 3 ? 65_535 : log.entries.length === 4 ? 0 : 1 + (i % 40)
      log.entries.push(randomBytes(length))
    }
  }
  const keys = () => [parseVerifierKey(log.verifierKey)]
  const look = (before?: Seen, more: Partial<Watch> = {}) =>
    watchOnce(
      { log: publicLog(log.url), origin: log.origin, keys: keys(), now: new Date(), contracts: [], ...more },
      before,
    )
  const codes = async (before?: Seen, more?: Partial<Watch>) =>
    (await look(before, more)).findings.map(({ code }) => code)

  it('reads it whole, and on from what was seen, over the widths where tiles fill up', async () => {
    let seen: Seen | undefined
    for (const count of [0, 1, 254, 1, 1, 255, 1, 300]) {
      grow(count)
      const round = await look(seen)
      expect(round.findings).to.deep.equal([])
      seen = round.seen
      expect(seen?.frontier.size).to.equal(BigInt(log.entries.length))
    }
  }).timeout(20_000)

  it('proves every entry and every two sizes of it by its tiles', async () => {
    grow(600)
    const opened = await openCheckpoint(log.checkpoint(), log.origin, keys())
    if (!opened.ok) throw new Error(opened.detail)
    const { size, root } = opened.checkpoint
    const read = publicLog(log.url).nodes(size)
    expect(hex(await rootAt(size, read))).to.equal(hex(root))
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 599 }), fc.integer({ min: 1, max: 600 }), async (index, old) => {
        const hashes = await inclusionProof(BigInt(index), size, read)
        const proof = formatTlogProof({ index: BigInt(index), hashes, checkpoint: log.checkpoint() })
        const verified = await verifyTlogProof(proof, leafHash(log.entries[index]!), log.origin, keys())
        expect(verified).to.deep.include({ ok: true, index: BigInt(index) })
        const between = await consistencyProof(BigInt(old), size, read)
        expect(verifyConsistency(BigInt(old), size, between, await rootAt(BigInt(old), read), root)).to.equal(true)
      }),
      { numRuns: 8 },
    )
  }).timeout(30_000)

  it('finds a fork of the same size, of a larger one, and a rewind, and keeps both heads', async () => {
    grow(300)
    const { seen } = await look()
    const honest = [...log.entries]
    log.entries[7] = Buffer.from('rewritten')
    const fork = await look(seen)
    expect(fork.findings.map(({ code }) => code)).to.deep.equal(['WATCH_FORK'])
    expect(fork.findings[0]?.evidence).to.deep.equal([seen?.note, log.checkpoint()])
    expect(fork.seen).to.equal(seen)
    grow(5)
    expect(await codes(seen)).to.deep.equal(['WATCH_FORK'])
    log.entries = honest.slice(0, 299)
    expect(await codes(seen)).to.deep.equal(['WATCH_REWIND'])
    log.entries = honest
    expect(await codes(seen)).to.deep.equal([])
  }).timeout(20_000)

  it('finds entries, hashes and heads that are not what was signed', async () => {
    grow(300)
    const flip = (body: Buffer) => {
      const changed = Buffer.from(body)
      changed[changed.length - 1]! ^= 1
      return changed
    }
    for (const path of ['/tile/entries/001.p/44', '/tile/0/000', '/tile/0/001.p/44', '/tile/1/000.p/1']) {
      log.answers.set(path, flip)
      expect(await codes(), path).to.deep.equal(['WATCH_ENTRIES'])
      log.answers.clear()
    }
    log.answers.set('/checkpoint', body => Buffer.from(body.toString().replace('\n300\n', '\n301\n')))
    expect(await codes()).to.deep.equal(['WATCH_SIGNATURE'])
    log.answers.set('/tile/entries/000', () => undefined)
    log.answers.delete('/checkpoint')
    const missing = await look().catch((error: unknown) => error)
    expect(missing).to.be.instanceOf(Unavailable)
    log.answers.set('/tile/entries/000', body => body.subarray(0, body.length - 1))
    expect(await look().catch((error: unknown) => error)).to.be.instanceOf(Unavailable)
  }).timeout(20_000)

  it('finds a head that a contract holds and the log does not extend, and one that has stood too long', async () => {
    grow(20)
    const { seen } = await look()
    const held = (size: number, root: Uint8Array) => ({
      contracts: [async () => ({ name: 'c', size: BigInt(size), root })],
    })
    const root = await rootAt(9n, publicLog(log.url).nodes(20n))
    expect(await codes(seen, held(9, root))).to.deep.equal([])
    expect(await codes(seen, held(8, root))).to.deep.equal(['WATCH_ANCHOR'])
    expect(await codes(seen, held(21, root))).to.deep.equal(['WATCH_ANCHOR'])
    const later = new Date(Date.now() + 3_600_000)
    expect(await codes(seen, { now: later, stale: 3_000_000 })).to.deep.equal(['WATCH_STALE'])
    grow(1)
    expect(await codes(seen, { now: later, stale: 3_000_000 })).to.deep.equal([])
  })

  it('believes nothing in its own state but what a signed head bears out', async () => {
    grow(5)
    const { seen } = await look()
    const text = formatSeen(seen!)
    expect(await parseSeen(text, log.origin, keys())).to.deep.equal(seen)
    const other = formatSeen({ ...seen!, frontier: { ...seen!.frontier, peaks: seen!.frontier.peaks.toReversed() } })
    for (const bad of [other, text.replace('"5"', '"4"'), text.replaceAll('sofa', 'soap'), '{}', 'x']) {
      const failure = await parseSeen(bad, log.origin, keys()).catch((error: unknown) => error)
      expect(failure, bad).to.be.instanceOf(SyntaxError)
    }
  })

  it('is one command for cron: 0, then 1 on a fork with the proof kept, 3 when nobody answers', async () => {
    grow(10)
    const state = join(folder, 'seen.json')
    const out: string[] = []
    const terminal = { out: (line: string) => void out.push(line), error: (line: string) => void out.push(line) }
    const args = ['fsck', '--watch', log.url, '--once', '--state', state, '--log-key', log.verifierKey]
    expect(await run(args, terminal, {}), out.join('\n')).to.equal(0)
    grow(3)
    expect(await run(args, terminal, {})).to.equal(0)
    expect(out.at(-1)).to.match(/13 entries seen, 0 findings/)
    const [first] = log.entries.splice(0, 1, Buffer.from('another'))
    expect(await run(args, terminal, {})).to.equal(1)
    const { findings } = JSON.parse(await readFile(`${state}.evidence`, 'utf8')) as {
      findings: { evidence: string[] }[]
    }
    expect(findings[0]?.evidence.length).to.equal(2)
    log.entries.splice(0, 1, first!)
    expect(await run(args, terminal, {})).to.equal(0)
    await writeFile(state, (await readFile(state, 'utf8')).replace('"13"', '"12"'))
    expect(await run(args, terminal, {})).to.equal(2)
    expect(await run(['fsck', '--watch', log.url, '--once'], terminal, {})).to.equal(2)
    const nobody = ['fsck', '--watch', 'http://127.0.0.1:1', '--once', '--log-key', log.verifierKey]
    expect(await run(nobody, terminal, {})).to.equal(3)
  }).timeout(20_000)
})
