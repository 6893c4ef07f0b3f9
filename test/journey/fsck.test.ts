import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { readNodeKey } from '../../api/key-files.ts'
import { tables } from '../../api/tables.ts'
import { httpRpc } from '../../ledger/chain/rpc.ts'
import type { AskChainOf } from '../../ledger/fsck/anchors.ts'
import { checkLog, type LogCheck } from '../../ledger/fsck/check.ts'
import { takenAsTheyStand } from '../../ledger/fsck/coverage.ts'
import { run } from '../../scripts/commands/program.ts'
import { demoNodes } from '../../scripts/start/world.ts'
import { copiedDatabase } from '../support/copied-database.ts'
import type { TestDatabase } from '../support/database.ts'
import { flipper } from '../support/flip.ts'
import { useWorld } from './world.ts'

describe('the check of a node that has played the whole case', function () {
  this.timeout(150_000)
  const world = useWorld()
  const copies: Partial<Record<'market' | 'hospital', TestDatabase>> = {}

  before(async () => {
    for (const node of ['market', 'hospital'] as const) {
      copies[node] = await copiedDatabase(text => world().query(node, text))
    }
  })
  after(async () => {
    for (const copy of Object.values(copies)) await copy.drop()
  })

  const check = async (node: 'market' | 'hospital'): Promise<LogCheck> => {
    const { origin } = demoNodes[node]
    const folder = join(world().dataDir, node)
    const trust = await world().trusted()
    const keys = trust.nodes.filter(it => it.origin === origin).map(it => it.logKey)
    const { jwk } = await readNodeKey(join(folder, 'node.key'))
    const fingerprints = [{ version: 1, key: new Uint8Array(await readFile(join(folder, 'registry.key'))) }]
    const chain: AskChainOf = ({ chainId, contract }) => {
      const known = trust.chains.find(it => BigInt(it.chainId) === chainId && it.contract === contract)
      return known && { ...known, ask: httpRpc(world().chain) }
    }
    return checkLog(copies[node]!.db, origin, keys, { tables: tables({ fingerprints, node: [jwk] }), chain })
  }

  for (const node of ['market', 'hospital'] as const) {
    it(`finds nothing wrong at the ${node}`, async () => {
      const { findings, size, anchors } = await check(node)
      expect(findings).to.deep.equal([])
      expect(size > 10n && anchors > 0).to.equal(true)
    })
  }

  it('finds nothing wrong from outside either, contract and all', async () => {
    const out: string[] = []
    const terminal = { out: (line: string) => void out.push(line), error: (line: string) => void out.push(line) }
    const state = join(world().dataDir, 'seen.json')
    const args = [
      '--trust',
      world().trust,
      '--watch',
      world().market,
      '--once',
      '--state',
      state,
      '--rpc',
      world().chain,
    ]
    expect(await run(['fsck', ...args], terminal, {}), out.join('\n')).to.equal(0)
    expect(await run(['fsck', ...args], terminal, {}), out.join('\n')).to.equal(0)
    expect(out.at(-1)).to.match(/ [1-9]\d* entries seen, 0 findings$/)
  })

  it('finds any flipped bit, in whatever table, row and column it is', async () => {
    const broken = await flipper(copies.market!.superuser)
    // Of an anchor under way nothing outside of its row knows the chain yet.
    await broken.remove("anchors where state <> 'final'")
    await broken.remove('anchor_states where not exists (select from anchors where id = anchor)')
    await broken.remove('anchor_transactions where not exists (select from anchors where id = anchor)')
    // The operator's own row comes from the configuration, not from a record.
    await broken.remove(`organizations where uscc not in (select org from records
      where type = 'organization' and position('"act":"register"'::bytea in body) > 0)`)
    const spots = [...takenAsTheyStand(tables({ fingerprints: [], node: [] }))].flatMap(([table, notes]) =>
      broken.columns(table).flatMap(column => (column in notes ? [] : [{ table, column }])),
    )
    expect(spots.length).to.be.greaterThan(100)
    const place = fc.record({ spot: fc.nat(), row: fc.nat(), byte: fc.nat(), bit: fc.nat({ max: 6 }) })
    let flips = 0
    try {
      await fc.assert(
        fc.asyncProperty(place, async ({ spot, row, byte, bit }) => {
          const { table, column } = spots[spot % spots.length]!
          const flipped = await broken.flip(table, column, { row, byte, bit })
          fc.pre(flipped !== undefined)
          flips++
          const { findings } = await check('market')
          await flipped!.undo()
          expect(findings, `${flipped!.where}: ${flipped!.was} became ${flipped!.is}`).not.to.deep.equal([])
        }),
        { numRuns: 8, endOnFailure: true },
      )
    } finally {
      await broken.end()
    }
    expect(flips).to.be.greaterThan(7)
    expect((await check('market')).findings).to.deep.equal([])
  })
})
