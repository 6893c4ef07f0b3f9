import { sql } from 'kysely'
import { fromHex } from '../../core/bytes.ts'
import type { Answer, AnswerStatus, Question } from '../../core/confirmation.ts'
import { isDispute } from '../../core/confirmation.ts'
import { Refusal } from '../../core/errors.ts'
import type { Uscc } from '../../core/uscc.ts'
import type { Tx } from '../../db/database.ts'
import { type Page, pageClause } from '../page.ts'
import type { Entry } from '../seams.ts'

export type AnswerRow = {
  readonly record_index: bigint
  readonly answer: Answer
  readonly body: Uint8Array | null
  readonly logged_at: Date
}

export type QuestionRow = {
  readonly record_index: bigint
  readonly commitment: Uint8Array
  readonly seller: Uscc
  readonly buyer: Uscc
  readonly question: Question
  readonly body: Uint8Array | null
  readonly peer: string | null
  readonly asked_at: Date
  readonly earlier: Uint8Array | null
}

/** The body is what was signed, as the log keeps it. */
const questionColumns = sql`record_index, commitment, seller, buyer, question,
  (select body from records where index = record_index) as body, peer, asked_at,
  (select commitment from questions before where before.seller = questions.seller and before.invoice = questions.invoice
    and before.version < questions.version order by version desc limit 1) as earlier`

const answerColumns = sql`record_index, answer, (select body from records where index = record_index) as body, logged_at`

export const findQuestion = async (tx: Tx, commitment: string): Promise<QuestionRow | undefined> =>
  (
    await sql<QuestionRow>`select ${questionColumns} from questions where commitment = ${fromHex(commitment)}`.execute(
      tx,
    )
  ).rows[0]

/** Refusals QUESTION_UNKNOWN, ERASED. */
export const mustBeAsked = (row: QuestionRow | undefined): QuestionRow => {
  if (row === undefined) throw new Refusal('QUESTION_UNKNOWN')
  if (row.body === null)
    throw new Refusal('ERASED', 'The question was lawfully erased', { index: `${row.record_index}` })
  return row
}

/** Of one party, by the indexes questions_of_pair and questions_of_buyer. Erased ones are left out. */
export const questionsOf = async (
  tx: Tx,
  party: string,
  { answered, ...page }: Page & { readonly answered?: boolean | undefined },
): Promise<readonly QuestionRow[]> => {
  const has = sql`exists (select from confirmations where question = questions.record_index)`
  const { rows } = await sql<QuestionRow>`select ${questionColumns} from questions
    where (seller = ${party} or buyer = ${party}) and (${answered ?? null}::boolean is null or ${has} = ${answered ?? null})
      and question <> '{}'
    ${pageClause(page)}`.execute(tx)
  return rows
}

/** Nodes at which sellers asked this hospital: where its answers, and its word on how many there are, are relied upon. */
export const peersAsking = async (tx: Tx, buyer: string): Promise<readonly string[]> =>
  (
    await sql<{ peer: string }>`select distinct peer from questions where buyer = ${buyer} and peer is not null
      order by peer`.execute(tx)
  ).rows.map(({ peer }) => peer)

/** How often this seller has asked this hospital since then. */
export const askedSince = async (tx: Tx, { seller, buyer }: Question['opened'], since: Date): Promise<number> => {
  const { rows } = await sql<{ count: bigint }>`select count(*) from questions
    where seller = ${seller} and buyer = ${buyer} and asked_at > ${since}`.execute(tx)
  return Number(rows[0]?.count)
}

/** False when this version has been asked about already. */
export const insertQuestion = async (
  tx: Tx,
  entry: Entry,
  question: Question,
  peer: string | null,
): Promise<boolean> => {
  const { invoice, version, commitment, opened, nonce } = question
  const { rows } = await sql`insert into questions
      (record_index, commitment, invoice, version, seller, buyer, parties, question, nonce, peer, asked_at)
    values (${entry.index}, ${fromHex(commitment)}, ${invoice}, ${version}, ${opened.seller}, ${opened.buyer},
      ${[opened.seller, opened.buyer]}, ${JSON.stringify(question)}, ${nonce}, ${peer}, ${entry.loggedAt})
    on conflict (commitment) do nothing returning record_index`.execute(tx)
  return rows.length === 1
}

/** In the order of the hospital's own time. */
export const answersTo = async (tx: Tx, question: bigint): Promise<readonly AnswerRow[]> =>
  (
    await sql<AnswerRow>`select ${answerColumns} from confirmations where question = ${question} order by as_of`.execute(
      tx,
    )
  ).rows

/** Newest answer of each of these questions. */
export const newestAnswers = async (tx: Tx, questions: readonly bigint[]): Promise<ReadonlyMap<bigint, AnswerRow>> => {
  const { rows } = await sql<AnswerRow & { question: bigint }>`
    select distinct on (question) question, ${answerColumns} from confirmations
      where question = any(${questions}::bigint[]) order by question, as_of desc`.execute(tx)
  return new Map(rows.map(row => [row.question, row]))
}

/** Of one party, by the indexes confirmations_of_seller and confirmations_of_buyer. */
export const answersOf = async (
  tx: Tx,
  party: string,
  { question, ...page }: Page & { readonly question?: string | undefined },
): Promise<readonly AnswerRow[]> => {
  const commitment = question === undefined ? null : fromHex(question)
  const { rows } = await sql<AnswerRow>`select ${answerColumns} from confirmations
    where (seller = ${party} or buyer = ${party}) and (${commitment}::bytea is null or commitment = ${commitment})
    ${pageClause(page)}`.execute(tx)
  return rows
}

export const insertAnswer = async (tx: Tx, entry: Entry, question: bigint, answer: Answer): Promise<void> => {
  const { commitment, opened, status, asOf, expires, nonce } = answer
  const values: { status: AnswerStatus; disputed: boolean } = { status, disputed: isDispute(answer) }
  await sql`insert into confirmations (record_index, question, commitment, seller, buyer, parties, status, disputed, answer,
      as_of, expires, nonce, logged_at)
    values (${entry.index}, ${question}, ${fromHex(commitment)}, ${opened.seller}, ${opened.buyer},
      ${[opened.seller, opened.buyer]}, ${values.status}, ${values.disputed}, ${JSON.stringify(answer)}, ${asOf}, ${expires},
      ${nonce}, ${entry.loggedAt})`.execute(tx)
}

export const findAnswer = async (tx: Tx, index: bigint): Promise<AnswerRow | undefined> =>
  (await sql<AnswerRow>`select ${answerColumns} from confirmations where record_index = ${index}`.execute(tx)).rows[0]
