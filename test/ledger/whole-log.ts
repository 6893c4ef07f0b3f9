import { expect } from 'chai'
import { sql } from 'kysely'
import { hex } from '../../core/bytes.ts'
import { openCheckpoint } from '../../core/checkpoint.ts'
import { commitment } from '../../core/entry.ts'
import { leafHash, rootOf } from '../../core/merkle.ts'
import type { RecordType } from '../../core/record.ts'
import { decodeBundle, splitHashes, tileWidth } from '../../core/tile.ts'
import { asNode, type Db } from '../../db/database.ts'
import { checkLog } from '../../ledger/fsck/check.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { logKeys, origin } from './open-ledger.ts'

type Row = { index: bigint; type: RecordType; digest: Buffer; salt: Buffer; body: Buffer }

/**
 * Reads the log as a stranger does, by checkpoint, bundles and tiles alone, and compares with the records. The whole
 * must be one tree without gap.
 */
export const expectWholeLog = async (ledger: Ledger, db: Db): Promise<bigint> => {
  const { note } = await ledger.sign()
  const opened = await openCheckpoint(note, origin, logKeys)
  if (!opened.ok) throw new Error(opened.detail)
  const { size, root } = opened.checkpoint

  const entries: Uint8Array[] = []
  const leaves: Uint8Array[] = []
  for (let n = 0n; tileWidth(0, n, size) > 0; n++) {
    const width = tileWidth(0, n, size)
    entries.push(...decodeBundle((await ledger.tile({ level: 'entries', index: n, width }))!))
    leaves.push(...splitHashes((await ledger.tile({ level: 0, index: n, width }))!))
  }
  expect(entries.length).to.equal(Number(size))
  expect(leaves.map(hex)).to.deep.equal(entries.map(entry => hex(leafHash(entry))))
  expect(hex(rootOf(entries.map(leafHash)))).to.equal(hex(root))

  const { rows } = await asNode(db, tx =>
    sql<Row>`select index, type, digest, salt, body from records order by index`.execute(tx),
  )
  expect(rows.map(row => row.index)).to.deep.equal(entries.map((_, i) => BigInt(i)))
  for (const [i, row] of rows.entries()) {
    expect(hex(entries[i]!), `entry ${i}`).to.equal(`01${hex(row.digest)}`)
    expect(hex(commitment(row.type, row.salt, row.body)), `record ${i}`).to.equal(hex(row.digest))
  }
  expect((await checkLog(db, origin, logKeys)).findings).to.deep.equal([])
  return size
}
