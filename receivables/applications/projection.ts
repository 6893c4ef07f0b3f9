import { sql } from 'kysely'
import { applicationSchema, decisionSchema } from '../../core/application.ts'
import { fromHex, hex } from '../../core/bytes.ts'
import { type Derived, fromBody, type Projection } from '../../db/projection.ts'
import { loggedAct } from '../signed-act.ts'

export const applicationProjections: readonly Projection[] = [
  {
    table: 'applications',
    types: ['application'],
    from: 'applications t',
    index: 't.record_index',
    rows: fromBody(({ index, body, loggedAt }) => {
      const application = loggedAct(applicationSchema, body)
      const { id, seller, bank, authorization, mode, recourse, currency, nonce } = application
      const parties = [seller, bank]
      const terms = { id, seller, bank, parties, authorization_id: authorization, mode, recourse, currency, nonce }
      return [{ ...terms, record_index: `${index}`, application, created_at: loggedAt }]
    }),
    adds: { state: 'moves on: see below', changed_at: 'moves on: see below' },
    envelope: ({ body }) => {
      const { seller, bank, nonce } = loggedAct(applicationSchema, body)
      return { org: seller, parties: [seller, bank], clientKey: nonce }
    },
  },
  {
    table: 'application_invoices',
    types: ['application'],
    from: 'application_invoices t left join applications a on a.id = t.application',
    index: 'a.record_index',
    key: ['invoice'],
    hanging: true,
    rows: async (records, tx) => {
      const made = await fromBody(({ body }) => {
        const { id, invoices } = loggedAct(applicationSchema, body)
        return invoices.map(({ code, commitment }) => ({ application: id, invoice: code, document: commitment }))
      })(records, tx)
      const named = made.flatMap(rows => (rows instanceof Error ? [] : rows)).map(row => fromHex(String(row.document)))
      const { rows } = await sql<{ digest: Buffer; record_index: bigint }>`
        select digest, record_index from documents where digest = any(${named}::bytea[])`.execute(tx)
      const documents = new Map(rows.map(row => [hex(row.digest), `${row.record_index}`]))
      return made.map(it =>
        it instanceof Error ? it : it.map(row => ({ ...row, document: documents.get(String(row.document)) ?? null })),
      )
    },
    adds: {},
  },
  {
    table: 'decisions',
    types: ['decision'],
    from: 'decisions t',
    index: 't.record_index',
    rows: fromBody(({ index, body, parties, loggedAt }) => {
      const decision = loggedAct(decisionSchema, body)
      const { application, bank, outcome, nonce } = decision
      return [{ record_index: `${index}`, application, bank, parties, outcome, decision, nonce, decided_at: loggedAt }]
    }),
    adds: {},
    envelope: ({ body }) => {
      const { bank, nonce } = loggedAct(decisionSchema, body)
      return { org: bank, clientKey: nonce }
    },
  },
]

/**
 * A report after submission or referral reads `reported`, a decision its outcome; of an approved one the marks tell
 * whether it is financed, or was and is released.
 */
export const applicationStanding: Derived = {
  table: 'applications',
  columns: ['state', 'changed_at'],
  contradictions: async tx => {
    const { rows } = await sql<{ at: string; what: string }>`
      with acts as (
        select application as id, record_index, outcome as state, decided_at as at from decisions
        union all select application, record_index, 'reported', made_at from reports
        union all select f.application, a.record_index, 'mark', a.logged_at
          from financing_acts a join financings f on f.id = a.financing
      ), standing as (
        select a.id, a.state as held, a.changed_at, a.created_at,
          coalesce((select d.outcome from decisions d where d.application = a.id order by record_index desc limit 1),
            'submitted') as decided,
          coalesce((select max(record_index) from decisions d where d.application = a.id), -1) as decided_index,
          (select max(record_index) from reports r where r.application = a.id) as reported_index,
          exists (select from financings f where f.application = a.id and f.state = 'FNCD') as financed,
          exists (select from financings f where f.application = a.id and f.live) as live,
          exists (select from financings f where f.application = a.id and f.state = 'CANC') as given_back
        from applications a
      ), should as (
        select *, case
          when decided in ('submitted', 'referred') and reported_index > decided_index then array['reported']
          when decided <> 'approved' then array[decided]
          when financed then array['financed']
          when given_back and not live then array['approved', 'released']
          when given_back then array['approved', 'financed']
          else array['approved'] end as states
        from standing
      )
      select id::text as at, 'state, changed_at: not what reports, decisions and marks add up to' as what from should
      where held <> all(states)
        or changed_at <> created_at and not exists (select from acts where acts.id = should.id and acts.at = changed_at)
      limit 100`.execute(tx)
    return rows
  },
}
