import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { makeLogKeyFile, makeNodeKeyFile, readLogKey, readNodeKey } from '../../api/key-files.ts'
import { base64url } from '../../core/bytes.ts'
import { tilePath } from '../../core/tile.ts'
import { keptHead } from '../../ledger/writer/kept-head.ts'
import { run } from '../../scripts/commands/program.ts'
import { buyer, openLedger, origin, record, rejection } from '../ledger/open-ledger.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

describe('tallystick recover', () => {
  let lost: TestDatabase
  let restored: TestDatabase
  let folder: string
  beforeEach(async () => {
    ;[lost, restored] = [await testDatabase(), await testDatabase()]
    folder = await mkdtemp(join(tmpdir(), 'tallystick-recover-'))
  })
  afterEach(async () => {
    await rm(folder, { recursive: true })
    await Promise.all([lost.drop(), restored.drop()])
  })

  it('says what keeps a log closed, restores it from a copy, names what to submit again, and opens it', async () => {
    const keyFile = join(folder, 'log.key')
    await makeLogKeyFile(keyFile)
    const logKey = await readLogKey(keyFile, origin)
    const nodeKeyFile = join(folder, 'node.key')
    await makeNodeKeyFile(nodeKeyFile)
    const nodeKey = await readNodeKey(nodeKeyFile)
    const kept = keptHead(join(folder, 'log-head'), origin, [logKey], () => undefined)
    const first = await openLedger(lost.db, { logKey, nodeKey, onCheckpoint: kept.keep })
    const logged = await first.appendAll([record('one'), record('two'), record('three')])
    const { note } = await first.sign()
    const mirror = join(folder, 'mirror')
    const bundle = { level: 'entries' as const, index: 0n, width: 3 }
    await mkdir(dirname(join(mirror, tilePath(bundle))), { recursive: true })
    await writeFile(join(mirror, tilePath(bundle)), (await first.tile(bundle))!)
    await writeFile(join(mirror, 'checkpoint'), note)
    await first.stop()
    await kept.stop()

    const open = () => openLedger(restored.db, { logKey, nodeKey, elsewhere: [kept], lease: 400 })
    const closed = await open()
    expect(await rejection(closed.append(record('x')))).to.have.property('code', 'LOG_BEHIND')
    await closed.stop()

    const env = {
      DATABASE_URL: restored.url,
      LOG_ORIGIN: origin,
      LOG_KEY_FILE: keyFile,
      NODE_KEY_FILE: nodeKeyFile,
      OPERATOR_USCC: buyer,
      DATA_DIR: folder,
    }
    const recover = async (...args: string[]) => {
      const lines: string[] = []
      const write = (line: string) => void lines.push(line)
      return { code: await run(['recover', ...args], { out: write, error: write }, env), lines }
    }
    const without = await recover()
    expect(without.code).to.equal(1)
    expect(without.lines.at(-1)).to.equal('the log stays closed: entry 0 is in none of the copies')
    const receipts = join(folder, 'receipts.txt')
    const second = logged[1]!
    await writeFile(receipts, `${second.receipt}x\n`)
    const forged = await recover('--from', mirror, '--receipts', receipts)
    expect([forged.code, forged.lines]).to.deep.equal([2, [`${receipts}:1: it is no receipt`]])
    await writeFile(receipts, `${second.receipt}\n`)
    const { code, lines } = await recover('--from', mirror, '--receipts', receipts, '--json')
    expect(code).to.equal(0)
    expect(JSON.parse(lines[0]!)).to.deep.include({
      ...{ opened: true, was: '0', size: '3', missing: null },
      submitAgain: {
        ...{ from: '0', to: '2' },
        known: [{ index: '1', leaf: base64url(second.leaf), loggedAt: second.loggedAt.toISOString() }],
      },
    })
    const again = await open()
    expect(again.writer().state).to.equal('writing')
    expect((await again.append(record('four'))).index).to.equal(3n)
    await again.stop()
  })
})
