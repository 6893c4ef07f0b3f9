import { sql } from 'kysely'
import { fromHex, hex } from '../../core/bytes.ts'
import { answerSchema, isDispute, questionSchema } from '../../core/confirmation.ts'
import { fromBody, type Projection } from '../../db/projection.ts'
import { loggedAct } from '../signed-act.ts'

export const confirmationProjections: readonly Projection[] = [
  {
    table: 'questions',
    types: ['question'],
    from: 'questions t',
    index: 't.record_index',
    rows: fromBody(({ index, body, loggedAt }) => {
      const question = loggedAct(questionSchema, body)
      const { invoice, version, commitment, opened, nonce } = question
      return [
        {
          record_index: `${index}`,
          commitment: `\\x${commitment}`,
          invoice,
          version,
          seller: opened.seller,
          buyer: opened.buyer,
          parties: [opened.seller, opened.buyer],
          question,
          nonce,
          asked_at: loggedAt,
        },
      ]
    }),
    adds: { peer: 'the node where it was asked' },
    envelope: ({ body }) => {
      const { opened, nonce } = loggedAct(questionSchema, body)
      return { org: opened.seller, parties: [opened.seller, opened.buyer], clientKey: nonce }
    },
    // Answers stay bound to it.
    erased: { question: {} },
  },
  {
    table: 'confirmations',
    types: ['confirmation'],
    from: 'confirmations t',
    index: 't.record_index',
    rows: async (records, tx) => {
      const made = await fromBody(({ index, body, loggedAt }) => {
        const answer = loggedAct(answerSchema, body)
        const { commitment, opened, status, asOf, expires, nonce } = answer
        return [
          {
            record_index: `${index}`,
            commitment: `\\x${commitment}`,
            seller: opened.seller,
            buyer: opened.buyer,
            parties: [opened.seller, opened.buyer],
            status,
            disputed: isDispute(answer),
            answer,
            as_of: asOf,
            expires,
            nonce,
            logged_at: loggedAt,
          },
        ]
      })(records, tx)
      const asked = made
        .flatMap(rows => (rows instanceof Error ? [] : rows))
        .map(row => String(row.commitment).slice(2))
      const { rows } = await sql<{ commitment: Buffer; record_index: bigint }>`
        select commitment, record_index from questions where commitment = any(${asked.map(fromHex)}::bytea[])`.execute(
        tx,
      )
      const questions = new Map(rows.map(row => [`\\x${hex(row.commitment)}`, `${row.record_index}`]))
      return made.map(it =>
        it instanceof Error ? it : it.map(row => ({ ...row, question: questions.get(String(row.commitment)) ?? null })),
      )
    },
    adds: {},
    envelope: ({ body }) => {
      const { opened, nonce } = loggedAct(answerSchema, body)
      return { org: opened.buyer, parties: [opened.seller, opened.buyer], clientKey: nonce }
    },
    erased: 'gone',
  },
]
