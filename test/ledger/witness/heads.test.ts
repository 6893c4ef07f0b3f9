import { expect } from 'chai'
import { parseWitnessKey } from '../../../core/cosignature.ts'
import { headsAt, witnessElsewhere, witnessedHeads } from '../../../ledger/witness/heads.ts'
import { startWitnessing } from '../../../ledger/witness/witnessing.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { logKey, type OpenLedger, openLedger, origin, record, rejection } from '../open-ledger.ts'
import { foreignLog } from './foreign-log.ts'
import { type ForeignWitness, foreignWitness } from './foreign-witness.ts'

describe('what witnesses hold of a log that is about to be opened', () => {
  let database: TestDatabase
  let ledger: OpenLedger
  let stranger: ForeignWitness
  const name = 'w.example/a'

  beforeEach(async () => {
    database = await testDatabase()
    ledger = await openLedger(database.db)
    for (const count of [3, 2]) {
      await ledger.appendAll(Array.from({ length: count }, (_, i) => record(`${count} ${i}`)))
      await ledger.sign()
    }
    stranger = await foreignWitness(name)
  })
  afterEach(async () => {
    await ledger.stop()
    await stranger.stop().catch(() => undefined)
    await database.drop()
  })

  const witness = () => ({ key: parseWitnessKey(stranger.vkey), url: stranger.url })
  const deps = () => ({ db: database.db, logKey, fetch, now: () => new Date(), timeout: 500 })
  const heads = () => headsAt(deps(), witness())
  const proven = () => witnessElsewhere(deps(), witness()).heads()
  const shows = (checkpoint: string | null, of = origin) => {
    stranger.shown = JSON.stringify({
      logs: [
        { origin: 'x', checkpoint: 'y' },
        { origin: of, checkpoint, size: '9' },
      ],
    })
  }
  /** The same log key over another database: what was signed before a backup was restored over it. */
  const signedElsewhere = async (count: number) => {
    const other = await testDatabase()
    const ahead = await openLedger(other.db)
    await ahead.appendAll(Array.from({ length: count }, (_, i) => record(`ahead ${i}`)))
    const signed = await ahead.sign()
    await ahead.stop()
    await other.drop()
    return signed
  }

  it('is nothing where it has seen nothing, which costs it nothing to say', async () => {
    // It takes the head that was signed last: that says nothing new.
    expect(await heads()).to.deep.equal([{ witness: name, size: 5n, root: await ledger.root(5n), source: 'confirmed' }])
    expect(stranger.submitted).to.have.length(1)
    expect(stranger.submitted[0]).to.include({ old: 0, size: 5 })
  })

  it('is confirmed at the size that it names, where we signed one of that size', async () => {
    stranger.size = 3
    expect(await heads()).to.deep.equal([{ witness: name, size: 3n, root: await ledger.root(3n), source: 'confirmed' }])
    expect(stranger.submitted.map(({ old, size }) => [old, size])).to.deep.equal([
      [0, 5],
      [3, 3],
    ])
  })

  it('is its word alone where it names a size that we never signed, or denies our root', async () => {
    for (const size of [4, 9]) {
      stranger.size = size
      expect(await heads()).to.deep.equal([{ witness: name, size: BigInt(size), source: 'claim' }])
      expect(await proven()).to.deep.equal([])
    }
    stranger.behave = ({ submitted, response }) =>
      submitted.old === 3
        ? void response.writeHead(409).end()
        : void response.writeHead(409, { 'Content-Type': 'text/x.tlog.size' }).end('3\n')
    expect(await heads()).to.deep.equal([{ witness: name, size: 3n, source: 'claim' }])
  })

  it('is proven by a head that our own key signed', async () => {
    const { note, root } = await signedElsewhere(9)
    stranger.size = 9
    shows(note)
    expect(await heads()).to.deep.equal([
      { witness: name, size: 9n, root, source: 'note' },
      { witness: name, size: 9n, source: 'claim' },
    ])
    expect(await proven()).to.deep.equal([{ size: 9n, root }])
  })

  it('closes a log that is behind what is proven, and not one that is behind a word', async () => {
    const reopen = async () => {
      await ledger.stop()
      ledger = await openLedger(database.db, { elsewhere: [witnessElsewhere(deps(), witness())], lease: 400 })
      return ledger.writer().state
    }
    stranger.size = 9
    expect(await reopen()).to.equal('writing')
    shows((await signedElsewhere(9)).note)
    expect(await reopen()).to.equal('closed')
    expect(ledger.halted()).to.match(/witness w\.example\/a knows a head over 9 entries, and the log has 5/)
  })

  it('closes a log of which another history was signed', async () => {
    shows((await signedElsewhere(4)).note)
    await ledger.stop()
    ledger = await openLedger(database.db, { elsewhere: [witnessElsewhere(deps(), witness())], lease: 400 })
    expect(ledger.writer()).to.nested.include({ state: 'closed', 'elsewhere[0].verdict': 'forked' })
  })

  it('is not proven by a head of another key or log, or by a page of anything else', async () => {
    stranger.size = 9
    const claim = [{ witness: name, size: 9n, source: 'claim' }]
    const thief = foreignLog(origin)
    const other = foreignLog('other.example')
    const { note } = await signedElsewhere(9)
    shows(thief.note(9))
    expect(await heads()).to.deep.equal(claim)
    shows(other.note(9))
    expect(await heads()).to.deep.equal(claim)
    shows(note, 'another.example')
    expect(await heads()).to.deep.equal(claim)
    shows(note.replace('\n9\n', '\n8\n'))
    expect(await heads()).to.deep.equal(claim)
    for (const page of ['null', '', '<html>', '{"logs":{}}', `{"logs":[${'[]'.repeat(9)}`, 'x'.repeat(5 << 20)]) {
      stranger.shown = page
      expect(await heads()).to.deep.equal(claim)
    }
  })

  it('is our own record of it, too', async () => {
    const witnessing = startWitnessing({
      ...deps(),
      ledger,
      witnesses: [witness()],
      quorum: { quorum: 1, keys: [witness().key] },
      onTrouble: () => undefined,
    })
    await witnessing.sign()
    await witnessing.stop()
    stranger.size = 7
    expect(await heads()).to.deep.equal([
      { witness: name, size: 5n, root: await ledger.root(5n), source: 'record' },
      { witness: name, size: 7n, source: 'claim' },
    ])
  })

  it('is not known where it does not answer, and is asked of the others all the same', async () => {
    const other = await foreignWitness('w.example/b')
    other.size = 9
    await stranger.stop()
    expect(await rejection(heads())).to.be.instanceOf(Error)
    const found = await witnessedHeads({
      ...deps(),
      witnesses: [witness(), { key: parseWitnessKey(other.vkey), url: other.url }],
    })
    expect(found).to.deep.equal([{ witness: 'w.example/b', size: 9n, source: 'claim' }])
    await other.stop()
  })

  it('is asked for even by a log that was lost altogether, and has nothing signed', async () => {
    const empty = await testDatabase()
    stranger.size = 9
    expect(await headsAt({ ...deps(), db: empty.db }, witness())).to.deep.equal([
      { witness: name, size: 9n, source: 'claim' },
    ])
    expect(stranger.submitted[0]).to.include({ old: 0, size: 0 })
    stranger.size = 0
    expect(await headsAt({ ...deps(), db: empty.db }, witness())).to.deep.equal([])
    await empty.drop()
  })
})
