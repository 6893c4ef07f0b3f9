import { expect } from 'chai'
import { sql } from 'kysely'
import {
  type AuthorizationState,
  freeze,
  mayMove,
  moveSchema,
  stateAfter,
  states,
} from '../../../core/authorization/states.ts'
import type { Authorization } from '../../../core/authorization.ts'
import { fromUtf8 } from '../../../core/bytes.ts'
import { canonical } from '../../../core/canonical.ts'
import type { Caller } from '../../../core/contract.ts'
import { Refusal, type RefusalCode } from '../../../core/errors.ts'
import { signGeneral } from '../../../core/jws-general.ts'
import { parseJson } from '../../../core/strict-json.ts'
import { asNode, asOrganization } from '../../../db/database.ts'
import { act, sweep } from '../../../exchange/authorizations/act.ts'
import type { AuthorizationDeps } from '../../../exchange/authorizations/deps.ts'
import { listAuthorizations, readAuthorization } from '../../../exchange/authorizations/store.ts'
import { countersign, draft, moved, submit } from '../../../exchange/authorizations/submit.ts'
import { type OpenLedger, openLedger, rejection } from '../../ledger/open-ledger.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import {
  agreementOf,
  countersignAuthorization,
  foundParties,
  type Parties,
  signAct,
  signAuthorization,
  start,
} from '../parties.ts'

describe('authorizations at a node', () => {
  let db: TestDatabase
  let ledger: OpenLedger
  let parties: Parties
  let deps: AuthorizationDeps
  let now = start
  const record = 'ab'.repeat(32)

  before(async function () {
    this.timeout(60_000)
    db = await testDatabase()
    ledger = await openLedger(db.db, { now: () => now })
    parties = await foundParties()
    deps = {
      db: db.db,
      appendAll: ledger.appendAll,
      signerOf: parties.signerOf,
      isRevoked: parties.isRevoked,
      resolveSelector: async (_tx, { type }) => (type === 'invoice' ? [record] : []),
      now: () => now,
    }
  })
  beforeEach(() => {
    now = start
  })
  after(async () => {
    await ledger.stop()
    await db.drop()
  })

  const sign = async (payload: Authorization) => {
    await submit(deps, parties.seller.caller, await signAuthorization(payload, parties.seller))
    return payload
  }
  const signBoth = async (payload: Authorization) => {
    await sign(payload)
    const { signed } = (await asNode(db.db, tx => readAuthorization(tx, payload.id)))!
    await countersign(deps, parties.bank.caller, payload.id, await countersignAuthorization(signed!, parties.bank))
    return payload
  }
  const refused = async (promise: Promise<unknown>, code: RefusalCode) =>
    expect(await rejection(promise)).to.include({ name: 'Refusal', code })

  /** Row, moves and log entries together. */
  const expectState = async (id: string, state: string, through: readonly string[]) => {
    const row = (await asNode(db.db, tx => readAuthorization(tx, id)))!
    expect(row.state).to.equal(state)
    const { rows } = await asNode(db.db, tx =>
      sql<{ body: Buffer; type: string }>`select records.body, records.type from authorization_moves
        join records on index = record_index where authorization_id = ${id} order by index`.execute(tx),
    )
    const moves = rows.map(({ body }) => moveSchema.parse(parseJson(fromUtf8(body))))
    expect(moves.map(move => move.to)).to.deep.equal(through)
    expect(stateAfter(id, moves)).to.equal(state)
    expect(new Set(rows.map(({ type }) => type))).to.deep.equal(new Set(['authorization-state']))
    return { row, moves }
  }
  const toActive: readonly AuthorizationState[] = ['signed', 'countersigned', 'active']
  const frozen = freeze([[], [], [record], [], []])

  it('come into force by both signatures, with their selectors frozen', async () => {
    const { id } = await signBoth(agreementOf(parties))
    const { row, moves } = await expectState(id, 'active', toActive)
    expect(row.frozen!.records).to.deep.equal([[], [], [record], [], []])
    expect(moves.at(-1)!.frozen).to.deep.equal(row.frozen)
    const { rows } = await asNode(db.db, tx =>
      sql<{ body: Buffer }>`select body from records where index = ${row.record_index}`.execute(tx),
    )
    expect(fromUtf8(rows[0]!.body)).to.equal(row.signed)
  })

  it('are taken as drafts, which nobody else sees and nothing logs', async () => {
    const { agreement, ...terms } = agreementOf(parties)
    const { hash, ...shown } = agreement
    const size = await ledger.size()
    const payload = await draft(deps, parties.seller.caller, { ...terms, agreement: shown })
    expect(payload.agreement.hash).to.equal(hash)
    expect(await ledger.size()).to.equal(size)
    const seenBy = (caller: Caller) => asOrganization(db.db, caller.uscc, tx => readAuthorization(tx, payload.id))
    expect((await seenBy(parties.seller.caller))!.state).to.equal('draft')
    expect(await seenBy(parties.bank.caller)).to.equal(undefined)
    await sign(payload)
    await expectState(payload.id, 'signed', ['signed'])
    expect((await seenBy(parties.bank.caller))!.state).to.equal('signed')
    expect((await seenBy(parties.hospital.caller))!.state).to.equal('signed')
    expect(await seenBy(parties.otherBank.caller)).to.equal(undefined)
  })

  it('may be submitted again as they were, and not as anything else', async () => {
    const payload = agreementOf(parties)
    const text = await signAuthorization(payload, parties.seller)
    await submit(deps, parties.seller.caller, text)
    await submit(deps, parties.seller.caller, text)
    await refused(sign(payload), 'AUTHORIZATION_STATE')
    await refused(sign(agreementOf(parties, { nonce: payload.nonce })), 'NONCE_REPLAYED')
    await expectState(payload.id, 'signed', ['signed'])
  })

  it('are refused when signed by anybody but their subject', async () => {
    const payload = agreementOf(parties)
    const byBank = await signAuthorization(payload, parties.bank)
    await refused(submit(deps, parties.seller.caller, byBank), 'SIGNER_MISMATCH')
    await refused(submit(deps, parties.bank.caller, byBank), 'NOT_YOURS')
    const stranger = { ...parties.seller, ...(await foundParties('Stranger')).seller }
    await refused(submit(deps, parties.seller.caller, await signAuthorization(payload, stranger)), 'SIGNATURE_INVALID')
  })

  it('are refused when the text is another one, or was signed as another act', async () => {
    const payload = agreementOf(parties)
    await refused(sign({ ...payload, maxUses: 11 }), 'AUTHORIZATION_INVALID')
    const { key, x5c } = parties.seller
    const asQuestion = await signGeneral(canonical(payload), { typ: 'tallystick.question+jws', key, x5c })
    await refused(submit(deps, parties.seller.caller, asQuestion), 'SIGNATURE_WRONG_ACT')
    await refused(sign(agreementOf(parties, { createdAt: '2026-03-15T08:01:01Z' })), 'DATE_IN_FUTURE')
    const over = { notBefore: '2026-03-01T00:00:00Z', notAfter: '2026-03-15T07:59:59Z' }
    await refused(sign(agreementOf(parties, over)), 'AUTHORIZATION_EXPIRED')
  })

  it("take the bank's signature only under the subject's, over the same payload", async () => {
    const payload = await sign(agreementOf(parties))
    const { signed } = (await asNode(db.db, tx => readAuthorization(tx, payload.id)))!
    const { bank, otherBank, seller } = parties
    const take = async (caller: Caller, text: string, code: RefusalCode) =>
      refused(countersign(deps, caller, payload.id, text), code)
    await take(bank.caller, signed!.replace('{', '{ '), 'AUTHORIZATION_INVALID')
    await take(bank.caller, await countersignAuthorization(signed!, otherBank), 'SIGNER_MISMATCH')
    await take(otherBank.caller, await countersignAuthorization(signed!, otherBank), 'AUTHORIZATION_UNKNOWN')
    await take(bank.caller, await signAuthorization(payload, bank), 'AUTHORIZATION_INVALID')
    const other = agreementOf(parties, { id: payload.id })
    const replaced = await countersignAuthorization(await signAuthorization(other, seller), bank)
    await take(bank.caller, replaced, 'AUTHORIZATION_INVALID')
    const resigned = await countersignAuthorization(await signAuthorization(payload, seller), bank)
    await take(bank.caller, resigned, 'AUTHORIZATION_INVALID')
    await expectState(payload.id, 'signed', ['signed'])
  })

  it('do not come into force when a selector stands for more than maxRecords', async () => {
    const { resources } = agreementOf(parties)
    const many = resources.map(it => ({ ...it, maxRecords: 1 }))
    const two = { ...deps, resolveSelector: async () => [record, 'cd'.repeat(32)] }
    const payload = await sign(agreementOf(parties, { resources: many }))
    const { signed } = (await asNode(db.db, tx => readAuthorization(tx, payload.id)))!
    const text = await countersignAuthorization(signed!, parties.bank)
    await refused(countersign(two, parties.bank.caller, payload.id, text), 'AUTHORIZATION_INVALID')
    await expectState(payload.id, 'signed', ['signed'])
  })

  it('are revoked by either party, once, and by nobody else', async () => {
    for (const by of [parties.seller, parties.bank]) {
      const { id } = await signBoth(agreementOf(parties))
      const text = await signAct('revoke', id, by)
      await act(deps, by.caller, id, ['revoke'], text)
      const { moves } = await expectState(id, 'revoked', [...toActive, 'revoked'])
      expect(moves.at(-1)).to.include({ by: by.uscc, statement: text })
      await refused(act(deps, by.caller, id, ['revoke'], await signAct('revoke', id, by)), 'AUTHORIZATION_STATE')
    }
    const { id } = await signBoth(agreementOf(parties))
    const { otherBank, seller, bank, hospital } = parties
    const revoke = async (by: typeof bank, signedBy = by, changed = {}) =>
      act(deps, by.caller, id, ['revoke'], await signAct('revoke', id, signedBy, changed))
    await refused(revoke(otherBank), 'AUTHORIZATION_UNKNOWN')
    await refused(revoke(hospital), 'AUTHORIZATION_UNKNOWN')
    await refused(revoke(bank, seller), 'SIGNER_MISMATCH')
    await refused(revoke(seller, seller, { iat: '2026-03-15T08:02:00Z' }), 'DATE_IN_FUTURE')
    await refused(revoke(seller, seller, { authorization: crypto.randomUUID() }), 'SIGNATURE_WRONG_ACT')
    await refused(revoke(seller, seller, { act: 'suspend' }), 'SIGNATURE_WRONG_ACT')
    await expectState(id, 'active', toActive)
  })

  it('are halted and resumed by the subject alone, and an act is taken once', async () => {
    const { id } = await signBoth(agreementOf(parties))
    const { seller, bank } = parties
    const acts = ['suspend', 'resume'] as const
    await refused(act(deps, bank.caller, id, acts, await signAct('suspend', id, bank)), 'SIGNER_MISMATCH')
    const suspension = await signAct('suspend', id, seller)
    await act(deps, seller.caller, id, acts, suspension)
    await act(deps, seller.caller, id, acts, await signAct('resume', id, seller))
    await refused(act(deps, seller.caller, id, acts, suspension), 'NONCE_REPLAYED')
    const { row, moves } = await expectState(id, 'active', [...toActive, 'suspended', 'active'])
    expect(moves.at(-1)!.frozen).to.equal(undefined)
    expect(row.frozen!.records[2]).to.deep.equal([record])
  })

  it('end the one they supersede, and only one between the same two', async () => {
    const old = await signBoth(agreementOf(parties))
    const next = await signBoth(agreementOf(parties, { supersedes: old.id }))
    await expectState(old.id, 'superseded', [...toActive, 'superseded'])
    await expectState(next.id, 'active', toActive)
    const { otherBank } = parties
    const grantee = { uscc: otherBank.uscc, name: otherBank.name, certificate: otherBank.thumbprint }
    await refused(sign(agreementOf(parties, { grantee, supersedes: next.id })), 'AUTHORIZATION_INVALID')
    await refused(sign(agreementOf(parties, { supersedes: crypto.randomUUID() })), 'AUTHORIZATION_INVALID')
  })

  it('expire by the clock', async () => {
    const { id } = await signBoth(agreementOf(parties, { notAfter: '2026-03-20T00:00:00Z' }))
    await sweep(deps)
    await expectState(id, 'active', toActive)
    now = new Date('2026-03-20T00:00:01Z')
    await sweep(deps)
    await expectState(id, 'expired', [...toActive, 'expired'])
    now = start
  })

  it('move once when two parties move them at the same time', async () => {
    const { id } = await signBoth(agreementOf(parties))
    const texts = await Promise.all(
      [parties.seller, parties.bank].flatMap(by =>
        Array.from({ length: 5 }, async () => ({ by, text: await signAct('revoke', id, by) })),
      ),
    )
    const outcomes = await Promise.allSettled(texts.map(({ by, text }) => act(deps, by.caller, id, ['revoke'], text)))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).to.have.length(1)
    await expectState(id, 'revoked', [...toActive, 'revoked'])
  })

  it('are halted by a revoked certificate of either side, and only signing anew helps', async () => {
    const { seller, bank, revoked } = parties
    for (const by of [seller, bank]) {
      const { id } = await signBoth(agreementOf(parties))
      revoked.add(by.thumbprint)
      await sweep(deps)
      revoked.clear()
      const { moves } = await expectState(id, 'suspended', [...toActive, 'suspended'])
      expect(moves.at(-1)).to.deep.include({ by: 'node', reason: 'certificate revoked' })
      expect(moves.at(-1)!.statement).to.equal(undefined)
      revoked.add(by.thumbprint)
      const resume = await signAct('resume', id, seller)
      await refused(act(deps, seller.caller, id, ['resume'], resume), 'AUTHORIZATION_STATE')
      revoked.clear()
      await act(deps, bank.caller, id, ['revoke'], await signAct('revoke', id, bank))
      await expectState(id, 'revoked', [...toActive, 'suspended', 'revoked'])
    }
  })

  it("do not come into force when the subject's certificate was revoked before the bank signed", async () => {
    const payload = await sign(agreementOf(parties))
    const { signed } = (await asNode(db.db, tx => readAuthorization(tx, payload.id)))!
    const text = await countersignAuthorization(signed!, parties.bank)
    const signerOf: AuthorizationDeps['signerOf'] = async (jws, ...rest) => {
      const signer = await parties.signerOf(jws, ...rest)
      if (signer.uscc === parties.seller.uscc) throw new Refusal('CERTIFICATE_REVOKED')
      return signer
    }
    const late = { ...deps, signerOf }
    await refused(countersign(late, parties.bank.caller, payload.id, text), 'CERTIFICATE_REVOKED')
    await expectState(payload.id, 'signed', ['signed'])
  })

  it('make every legal move and no other, from each state to each', async function () {
    this.timeout(60_000)
    const ways: Record<AuthorizationState, readonly AuthorizationState[]> = {
      draft: [],
      signed: ['signed'],
      countersigned: ['signed', 'countersigned'],
      active: toActive,
      suspended: [...toActive, 'suspended'],
      revoked: ['signed', 'revoked'],
      expired: ['signed', 'expired'],
      exhausted: [...toActive, 'exhausted'],
      superseded: [...toActive, 'superseded'],
    }
    const { seller } = parties
    for (const from of states) {
      for (const to of states) {
        const payload = agreementOf(parties)
        const { agreement, ...terms } = payload
        const { hash: _, ...shown } = agreement
        if (from === 'draft') await draft(deps, seller.caller, { ...terms, agreement: shown })
        else await sign(payload)
        const move = (step: AuthorizationState, next: AuthorizationState) =>
          deps.appendAll([
            moved(payload, { from: step, to: next, by: seller.uscc, ...(next === 'active' && { frozen }) }, now),
          ])
        let at: AuthorizationState = ways[from].length === 0 ? 'draft' : 'signed'
        for (const next of ways[from].slice(1)) {
          await move(at, next)
          at = next
        }
        // The first signature is what takes a draft on: there is no move of it alone.
        if (from === 'draft' && to === 'signed') continue
        const size = await ledger.size()
        if (mayMove(from, to)) {
          await move(from, to)
          await expectState(payload.id, to, [...ways[from], to])
        } else {
          await refused(move(from, to), 'AUTHORIZATION_STATE')
          expect(await ledger.size(), `${from} to ${to}`).to.equal(size)
          const row = (await asNode(db.db, tx => readAuthorization(tx, payload.id)))!
          expect(row.state).to.equal(from)
        }
      }
    }
  })

  it('make no move that the table does not have, whoever writes to the database', async () => {
    const { id } = await signBoth(agreementOf(parties))
    const write = (change: ReturnType<typeof sql>) =>
      asNode(db.db, tx => sql`update authorizations set ${change} where id = ${id}`.execute(tx))
    for (const change of [
      sql`state = 'signed'`,
      sql`payload = 'x'`,
      sql`max_uses = 99`,
      sql`frozen = '{}'`,
      sql`uses = max_uses + 1`,
    ]) {
      expect(await rejection(write(change))).to.be.instanceOf(Error)
    }
    expect(await rejection(asNode(db.db, tx => sql`delete from authorization_moves`.execute(tx)))).to.be.instanceOf(
      Error,
    )
  })

  it('are listed newest first, page by page', async () => {
    const page = (after: { at: string; id: string } | undefined) =>
      asOrganization(db.db, parties.bank.uscc, tx => listAuthorizations(tx, { state: undefined, after, limit: 2 }))
    const all = await asOrganization(db.db, parties.bank.uscc, tx =>
      listAuthorizations(tx, { state: undefined, after: undefined, limit: 100 }),
    )
    const seen: string[] = []
    for (let rows = await page(undefined); rows.length > 0; ) {
      seen.push(...rows.map(({ id }) => id))
      const last = rows.at(-1)!
      rows = await page({ at: last.created_at.toISOString(), id: last.id })
    }
    expect(seen).to.deep.equal(all.map(({ id }) => id))
  })
})
