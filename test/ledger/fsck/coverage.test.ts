import { expect } from 'chai'
import { tables } from '../../../api/tables.ts'
import { uncompared } from '../../../ledger/fsck/coverage.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'

/** Tables of which no record of the log tells, and what they hold. */
const untold = {
  // What was done with records, outside of the log.
  alert_acknowledgements: 'that somebody at a bank has seen an alert',
  watches: 'when financed applications were last looked at',
  authorization_act_nonces: 'nonces that are used up',
  used_once: 'nonces and proofs of requests that are used up',
  // From the operator, or from outside.
  code_prefixes: 'who may register codes below a prefix, as the operator allocated it',
  invitations: 'whom the operator asked in; that they came is a record of its own',
  code_counters: 'the next reference of each series',
  code_reservations: 'codes set aside under a key before they were registered',
  code_results: 'what was answered to whoever registered codes',
  revocations: 'certificates that the development CA has revoked; its list is signed',
  signature_evidence: 'tokens and answers about signatures: each is signed by who gave it',
  anchor_refoundings: 'what the contract says of given-up heads, read anew from the chain',
  // Queues and cursors.
  deliveries: 'what is on its way to peers, subscribers and banks',
  pushes: 'what suppliers asked to have pushed',
  push_bodies: 'digests of what went out',
  peer_cursors: 'how far peers have been read',
  peer_refused: 'what peers have that this node could not take yet',
  registry_marks: 'marks on their way to the contract, which tells their state',
  registry_transactions: 'signed transactions of these',
  epcis_queries: 'queries that somebody has named',
  epcis_subscriptions: 'who is told of which events, and how far',
  telemetry_seeds: 'secrets of packs whose readings are proved alone',
  telemetry_subjects: 'what the readings of a pack are about, as it was judged when they came',
  resolutions: 'who resolved what',
  log_writer: 'who holds the lease',
}

describe('the tables of a node', () => {
  let database: TestDatabase
  before(async () => {
    database = await testDatabase()
  })
  after(() => database.drop())

  it('are each compared with the log, or it is said why no record tells of them', async () => {
    const fingerprints = [{ version: 1, key: new Uint8Array(32) }]
    const left = await uncompared(database.db, tables({ fingerprints, node: [] }))
    expect(left).to.have.members(Object.keys(untold))
  })
})
