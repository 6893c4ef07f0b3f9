import { base64url, fromBase64url, fromUtf8 } from '../../core/bytes.ts'
import { type Route, route } from '../../core/contract.ts'
import { type Matter, placeAfter } from '../../core/statement.ts'
import { asNode, asOrganization } from '../../db/database.ts'
import { listConflicts, nextStatement, ofApplication, ofQuestion, publish, type StatusItem } from './contract.ts'
import { type HeadDeps, type MatterStatus, publishHead, statusOf } from './heads.ts'
import { conflictsOf, statementsOn } from './store.ts'

type Named = Matter & { readonly signer: string }

/** What a case rests on. `seller` is shown the buyer's heads beside its own. */
export type CaseMatters = { readonly seller: string; readonly demands: readonly Named[] }

export type StatementDeps = HeadDeps & {
  /** Refusal APPLICATION_UNKNOWN where the caller is not its seller or bank. */
  readonly applicationMatters: (caller: string, id: string) => Promise<CaseMatters>
  /** Of one question, by the commitment of its invoice. Refusal QUESTION_UNKNOWN. */
  readonly questionMatters: (caller: string, id: string) => Promise<CaseMatters>
}

export const statementRoutes = (deps: StatementDeps): Route[] => {
  const { db } = deps
  const statuses = async (caller: string, { seller, demands }: CaseMatters) => {
    const visible = demands.filter(({ signer }) => signer === caller || caller === seller)
    return { items: (await asNode(db, tx => statusOf(tx, visible))).map(show) }
  }
  return [
    route(nextStatement, async ({ params: { about }, caller }) => {
      const rows = await asOrganization(db, caller.uscc, tx => statementsOn(tx, caller.uscc, fromBase64url(about)))
      const last = rows.at(-1)
      const latest = last && { seq: Number(last.seq), hash: last.hash }
      return {
        body: {
          about,
          seq: latest?.seq ?? 0,
          hash: latest ? base64url(latest.hash) : null,
          next: placeAfter(latest),
          gaps: gapsIn(rows.map(({ seq }) => Number(seq))),
        },
      }
    }),

    route(listConflicts, async ({ query: { before, limit }, caller }) => {
      const rows = await asOrganization(db, caller.uscc, tx => conflictsOf(tx, { before, limit: limit + 1 }))
      const items = rows.slice(0, limit).map(({ signer, about, seq, kind, jws, held, seen_at }) => ({
        ...{ signer, about: base64url(about), seq: Number(seq), kind, jws },
        held: held && fromUtf8(held),
        seenAt: seen_at.toISOString(),
      }))
      return { body: { items, next: rows.length > limit ? String(rows[limit - 1]?.id) : null } }
    }),

    route(publish, async ({ body, caller }) => {
      const { index, receipt, repeated } = (await publishHead(deps, caller.uscc, body)).logged
      return { status: repeated ? 200 : 201, body: { index: String(index), receipt, repeated } }
    }),

    route(ofApplication, async ({ params: { id }, caller }) => ({
      body: await statuses(caller.uscc, await deps.applicationMatters(caller.uscc, id)),
    })),
    route(ofQuestion, async ({ params: { id }, caller }) => ({
      body: await statuses(caller.uscc, await deps.questionMatters(caller.uscc, id)),
    })),
  ]
}

/** Runs of numbers that are missing before the last. */
export const gapsIn = (numbers: readonly number[]): { from: number; to: number }[] =>
  numbers.flatMap((seq, i) => {
    const from = (numbers[i - 1] ?? 0) + 1
    return from < seq ? [{ from, to: seq - 1 }] : []
  })

const show = ({ hash, head, ...it }: MatterStatus): StatusItem => ({
  ...it,
  hash: hash ?? null,
  head: head ? { seq: head.seq, at: head.at.toISOString() } : null,
})
