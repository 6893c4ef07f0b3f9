import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { sql } from 'kysely'
import { fromBase64 } from '../../../core/bytes.ts'
import { openCheckpoint } from '../../../core/checkpoint.ts'
import { parseWitnessKey, readCosignatures } from '../../../core/cosignature.ts'
import { verifyConsistency } from '../../../core/merkle/verify.ts'
import { parseNote } from '../../../core/note.ts'
import type { Quorum } from '../../../core/quorum.ts'
import { asNode } from '../../../db/database.ts'
import type { Witness } from '../../../ledger/witness/ask.ts'
import { readNewestCosigned } from '../../../ledger/witness/cosignature-store.ts'
import { witnessGauges } from '../../../ledger/witness/gauges.ts'
import { startWitnessing, type Witnessing, type WitnessingDeps } from '../../../ledger/witness/witnessing.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { logKeys, type OpenLedger, openLedger, origin, record, rejection } from '../open-ledger.ts'
import { type Behaviour, type ForeignWitness, foreignWitness, honest } from './foreign-witness.ts'

describe('the witnesses of our log', () => {
  let database: TestDatabase
  let ledger: OpenLedger
  let strangers: ForeignWitness[]
  let running: Witnessing | undefined
  let troubles: string[]

  beforeEach(async () => {
    database = await testDatabase()
    let poke = () => {}
    ledger = await openLedger(database.db, { onCheckpoint: () => poke() })
    poke = () => running?.poke()
    strangers = await Promise.all(['a', 'b', 'c'].map(name => foreignWitness(`w.example/${name}`)))
    troubles = []
  })
  afterEach(async () => {
    await running?.stop()
    running = undefined
    await ledger.stop()
    await Promise.all(strangers.map(it => it.stop()))
    await database.drop()
  })

  const witnessOf = ({ vkey, url }: ForeignWitness): Witness => ({ key: parseWitnessKey(vkey), url })
  const start = (quorum: number, of: readonly ForeignWitness[] = strangers, more: Partial<WitnessingDeps> = {}) => {
    const witnesses = of.map(witnessOf)
    running = startWitnessing({
      ...{ db: database.db, ledger, fetch, now: () => new Date(), timeout: 1_000 },
      ...{ witnesses, quorum: { quorum, keys: witnesses.map(({ key }) => key) } },
      onTrouble: error => troubles.push(error instanceof Error ? error.message : String(error)),
      ...more,
    })
    return running
  }
  const append = async (count: number) => {
    await ledger.appendAll(Array.from({ length: count }, (_, i) => record(`${Math.random()} ${i}`)))
  }
  /** Names of the witnesses whose cosignatures are under the note. */
  const cosigners = async (note: string) => {
    const keys = strangers.map(({ vkey }) => parseWitnessKey(vkey))
    const { good, bad } = await readCosignatures(parseNote(note), keys, new Date())
    expect(bad).to.deep.equal([])
    expect((await openCheckpoint(note, origin, logKeys)).ok).to.equal(true)
    return good.map(({ key }) => key.name.slice(-1)).sort()
  }
  const eventually = async (what: () => Promise<boolean> | boolean) => {
    for (let i = 0; i < 400; i++) {
      if (await what()) return
      await sleep(20)
    }
    throw new Error('it did not come to that')
  }
  const troubleOf = (name: string) =>
    running?.standings().find(({ key }) => key.name === `w.example/${name}`)?.trouble?.kind

  it('are asked for each new head, with the proof from the last', async () => {
    const witnessing = start(3)
    for (const count of [1, 4, 300]) {
      await append(count)
      expect(await cosigners((await witnessing.sign()).note)).to.deep.equal(['a', 'b', 'c'])
    }
    for (const { submitted } of strangers) {
      const last = submitted.at(-1)
      expect(last?.size).to.equal(305)
      for (const { old, size, proof } of submitted) {
        if (old === 0) expect(proof).to.deep.equal([])
        else {
          const [before, after] = [await ledger.root(BigInt(old)), await ledger.root(BigInt(size))]
          expect(verifyConsistency(BigInt(old), BigInt(size), proof.map(fromBase64), before, after)).to.equal(true)
        }
      }
    }
    expect(troubles).to.deep.equal([])
  })

  it('are asked by themselves within a moment of growth, and their lines are shown', async () => {
    const witnessing = start(2)
    await append(3)
    await eventually(async () => {
      const shown = await witnessing.published.checkpoint()
      return shown.size === 3n && (await cosigners(shown.note)).length === 3
    })
    expect(await witnessing.witnessed()).to.have.property('size', 3n)
    const proof = await witnessing.published.tlogProof(1n)
    expect(proof).to.match(/(?:\n— [^\n]+){4}\n$/)
    expect(await witnessing.published.tlogProof(1n, 3n)).to.equal(proof)
  })

  it('are asked again from the size they name', async () => {
    const [a] = strangers as [ForeignWitness]
    await append(7)
    await ledger.sign()
    a.size = 5
    const witnessing = start(1, [a])
    expect(await cosigners((await witnessing.sign()).note)).to.deep.equal(['a'])
    expect(a.submitted.map(({ old }) => old)).to.deep.equal([0, 5])
    expect(a.submitted[1]?.proof).to.deep.equal(
      (await ledger.consistency(5n, 7n)).map(hash => Buffer.from(hash).toString('base64')),
    )
  })

  it('that have cosigned the newest head for another process of ours give it again', async () => {
    const [a] = strangers as [ForeignWitness]
    await append(7)
    await ledger.sign()
    a.size = 7
    const witnessing = start(1, [a])
    expect(await cosigners((await witnessing.sign()).note)).to.deep.equal(['a'])
    expect(a.submitted.map(({ old, size, proof }) => [old, size, proof.length])).to.deep.equal([
      [0, 7, 0],
      [7, 7, 0],
    ])
  })

  it('that are away or lie are told apart, and stop neither the log nor the others', async () => {
    const [a, b, c] = strangers as [ForeignWitness, ForeignWitness, ForeignWitness]
    await a.stop()
    b.behave = ({ response, submitted: { text }, witness }) => void response.end(witness.line(text, undefined, 'other'))
    const witnessing = start(1)
    await append(1)
    expect(await cosigners((await witnessing.sign()).note)).to.deep.equal(['c'])
    await eventually(() => troubleOf('a') !== undefined && troubleOf('b') !== undefined)
    expect([troubleOf('a'), troubleOf('b'), troubleOf('c')]).to.deep.equal(['unreachable', 'lying', undefined])
    const gauges = witnessGauges(database.db, witnessing, ledger.size, () => new Date())
    const gauge = (name: string) => gauges.find(it => it.name === name)?.read()
    expect(await gauge('tallystick_witnesses_away')).to.equal(1)
    expect(await gauge('tallystick_witnesses_disagreeing')).to.equal(1)
    expect(await gauge('tallystick_witnessed_lag_entries')).to.equal(0)
    // Said once, however often it is tried.
    await append(1)
    await witnessing.sign()
    expect(troubles.filter(it => it.includes('/a'))).to.have.length(1)
    strangers = [b, c]
  })

  const wrong: Record<string, [Behaviour, string]> = {
    'a cosignature by another key': [
      ({ response, submitted, witness }) => void response.end(witness.line(submitted.text, undefined, 'other')),
      'lying',
    ],
    'a good cosignature and a false one': [
      ({ response, submitted: { text }, witness }) =>
        void response.end(witness.line(text) + witness.line(text, undefined, 'other')),
      'lying',
    ],
    'a cosignature of another head': [
      ({ response, submitted, witness }) => void response.end(witness.line(submitted.text.replace('\n', 'x\n'))),
      'lying',
    ],
    'a cosignature of next year': [
      ({ response, submitted, witness }) =>
        void response.end(witness.line(submitted.text, Math.floor(Date.now() / 1000) + 31_536_000)),
      'lying',
    ],
    'a cosignature of last year': [
      ({ response, submitted, witness }) =>
        void response.end(witness.line(submitted.text, Math.floor(Date.now() / 1000) - 31_536_000)),
      'lying',
    ],
    'a cosignature without a time': [
      ({ response, submitted, witness }) => void response.end(witness.line(submitted.text, 0)),
      'lying',
    ],
    'a signature line of somebody else alone': [
      ({ response, submitted, witness }) =>
        void response.end(witness.line(submitted.text).replace('w.example', 'x.example')),
      'lying',
    ],
    'a page of a proxy': [({ response }) => void response.end('<html>\n'), 'lying'],
    'nothing, with 200': [({ response }) => void response.end(), 'lying'],
    'an answer without end': [({ response }) => void response.end('— '.repeat(100_000)), 'unreachable'],
    'a redirection': [
      ({ response }) => void response.writeHead(307, { Location: 'http://127.0.0.1:9/' }).end(),
      'refused',
    ],
    'that it does not know the log': [({ response }) => void response.writeHead(404).end(), 'refused'],
    'that it does not know the key': [({ response }) => void response.writeHead(403).end(), 'refused'],
    'that the proof is wrong': [({ response }) => void response.writeHead(422).end(), 'forked'],
    'that it has another root': [({ response }) => void response.writeHead(409).end('conflict'), 'forked'],
    'a size that is none': [
      ({ response }) => void response.writeHead(409, { 'Content-Type': 'text/x.tlog.size' }).end('05\n'),
      'lying',
    ],
    'a size of 2^63': [
      ({ response }) =>
        void response.writeHead(409, { 'Content-Type': 'text/x.tlog.size' }).end('9223372036854775808\n'),
      'lying',
    ],
    'the size it was asked from': [
      ({ response, submitted: { old } }) =>
        void response.writeHead(409, { 'Content-Type': 'text/x.tlog.size' }).end(`${old}\n`),
      'lying',
    ],
    'another size each time': [
      ({ response, submitted: { old } }) =>
        void response.writeHead(409, { 'Content-Type': 'text/x.tlog.size' }).end(`${old + 1}\n`),
      'unreachable',
    ],
    'a size beyond the log': [
      ({ response }) => void response.writeHead(409, { 'Content-Type': 'text/x.tlog.size' }).end('8000\n'),
      'ahead',
    ],
    'that it is overloaded': [
      ({ response }) => void response.writeHead(503, { 'Retry-After': '1' }).end(),
      'unreachable',
    ],
    'nothing at all': [() => undefined, 'unreachable'],
    'a broken connection': [({ request }) => void request.socket.destroy(), 'unreachable'],
  }
  for (const [what, [behave, kind]] of Object.entries(wrong)) {
    it(`that answer with ${what} are ${kind}: nothing is taken from them, and the log goes on`, async () => {
      const [a] = strangers as [ForeignWitness]
      a.behave = behave
      await append(20)
      await ledger.sign()
      const witnessing = start(1, [a], { timeout: 300 })
      await witnessing.sign()
      await eventually(() => troubleOf('a') !== undefined)
      expect(troubleOf('a')).to.equal(kind)
      expect(await readNewestCosigned(database.db, parseWitnessKey(a.vkey))).to.equal(undefined)
      await append(1)
      const signed = await witnessing.sign()
      expect([signed.size, await cosigners(signed.note)]).to.deep.equal([21n, []])
      expect(troubles).to.have.length(1)
    })
  }

  it('that come back are asked again, and what was missed is covered by the newest head', async () => {
    const [a] = strangers as [ForeignWitness]
    a.behave = ({ response }) => void response.writeHead(503).end()
    const witnessing = start(1, [a])
    await append(1)
    await witnessing.sign()
    await eventually(() => troubleOf('a') === 'unreachable')
    await append(1)
    await ledger.sign()
    a.behave = honest
    await eventually(async () => (await witnessing.witnessed())?.size === 2n)
    expect(troubleOf('a')).to.equal(undefined)
    expect(a.size).to.equal(2)
  })

  it('are asked ever more seldom while they fail, whatever the log grows', async () => {
    const [a] = strangers as [ForeignWitness]
    a.behave = ({ response }) => void response.writeHead(500).end()
    const began = performance.now()
    const witnessing = start(1, [a])
    for (let i = 0; i < 20; i++) {
      await append(1)
      await ledger.sign()
      witnessing.poke()
      await sleep(30)
    }
    // The pauses are 1, 2, 4 … seconds: by then it was asked so often, and once for the head at the start.
    const seconds = (performance.now() - began) / 1000
    expect(a.submitted.length).to.be.at.most(2 + Math.floor(Math.log2(seconds + 1)))
  })

  it('hold back a new head for a moment, and no longer', async () => {
    const [a] = strangers as [ForeignWitness]
    let now = Date.now()
    const witnessing = start(1, [a], { now: () => new Date(now) })
    await append(1)
    expect((await witnessing.sign()).size).to.equal(1n)
    a.behave = () => undefined
    await append(1)
    const { signedAt } = await ledger.sign()
    now = signedAt.getTime() + 999
    expect((await witnessing.published.checkpoint()).size).to.equal(1n)
    now = signedAt.getTime() + 1000
    const shown = await witnessing.published.checkpoint()
    expect([shown.size, await cosigners(shown.note)]).to.deep.equal([2n, []])
  })

  it('are not waited for where the node asks for none, though they are asked', async () => {
    const witnessing = start(0)
    strangers[0]!.behave = () => undefined
    await append(1)
    const signed = await ledger.sign()
    expect((await witnessing.published.checkpoint()).size).to.equal(signed.size)
    await eventually(async () => (await cosigners((await witnessing.published.checkpoint()).note)).length === 2)
  })

  it('may be asked for by groups', async () => {
    const [a, b, c] = strangers as [ForeignWitness, ForeignWitness, ForeignWitness]
    const [ka, kb, kc] = [a, b, c].map(it => witnessOf(it).key) as [Witness['key'], Witness['key'], Witness['key']]
    const quorum: Quorum = { quorum: 2, keys: [ka], groups: [{ quorum: 2, keys: [kb, kc] }] }
    c.behave = ({ response }) => void response.writeHead(500).end()
    const witnessing = start(0, strangers, { quorum })
    await append(1)
    await witnessing.sign()
    expect(await witnessing.witnessed()).to.equal(undefined)
    c.behave = honest
    await eventually(async () => (await witnessing.witnessed())?.size === 1n)
  })

  it('are remembered over a restart, each with its first cosignature', async () => {
    const [a] = strangers as [ForeignWitness]
    await append(5)
    await start(1, [a]).sign()
    await running?.stop()
    const witnessing = start(1, [a])
    await witnessing.sign()
    expect(a.submitted).to.have.length(1)
    expect(await cosigners((await witnessing.published.checkpoint()).note)).to.deep.equal(['a'])
    expect(await rejection(asNode(database.db, tx => sql`delete from cosignatures`.execute(tx)))).to.have.property(
      'code',
      '23001',
    )
  })

  it('stop when they are told to, with a question under way', async () => {
    const [a] = strangers as [ForeignWitness]
    a.behave = () => undefined
    const witnessing = start(1, [a], { timeout: 300 })
    await append(1)
    await ledger.sign()
    await eventually(() => a.submitted.length === 1)
    await witnessing.stop()
    running = undefined
  })
})
