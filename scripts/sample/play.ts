import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '../../core/errors.ts'
import { formatAmount, money, parseCurrency } from '../../core/money.ts'
import { reportSchema } from '../../core/report/report.ts'
import { publishStatus } from '../../core/statement-client.ts'
import { P12_PASSWORD } from '../start/operator.ts'
import type { World } from '../start/world.ts'
import { type Actor, eachOf } from './actor.ts'
import { keepBooks } from './books.ts'
import { type Cast, enrol, places, type Stage } from './cast.ts'
import { receiveHistory, registerHistory, SHIFT_WEEKS } from './deliveries.ts'
import {
  clean,
  creditNote,
  type LiveTrade,
  oasis,
  receive,
  registerLive,
  secondInvoice,
  ship,
  short,
  silent,
} from './live.ts'
import { type Applied, answer, apply, ask, authorize, decide, markFinanced, type ReportView, report } from './money.ts'
import { enrolScanner } from './scanner.ts'
import { arrived } from './waits.ts'

/** What the case leaves behind, for the summary of later starts. */
type Played = {
  readonly finished: boolean
  readonly bundle?: string
  readonly roles?: readonly (readonly [string, string])[]
}

const playedFile = (dataDir: string) => join(dataDir, 'sample.json')

const readPlayed = (dataDir: string): Played | undefined =>
  existsSync(playedFile(dataDir)) ? JSON.parse(readFileSync(playedFile(dataDir), 'utf8')) : undefined

/**
 * The sample case, over the public API of two nodes and with keys that no server has: real deliveries, a trade of today
 * that is as it should be, and the ways in which others are not. Played once, on an empty data folder.
 */
export async function playSample(stage: Stage): Promise<void> {
  const before = readPlayed(stage.dataDir)
  if (before?.finished) return
  if (before) {
    stage.say(
      'The sample case was interrupted in an earlier start. Remove the data folder to play it from the beginning.',
    )
    return
  }
  const save = (played: Played) =>
    writeFile(playedFile(stage.dataDir), JSON.stringify(played, null, 2), { mode: 0o600 })
  await save({ finished: false })
  const step = progress(stage.say)

  const cast = await enrol(stage)
  step(`${Object.keys(cast).length - 1} organizations made their keys at home and were enrolled at both nodes`)

  const history = await registerHistory(cast)
  step(
    `${history.lines} real delivery lines (SCMS, +${SHIFT_WEEKS} weeks): ${history.deliveries.length} shipments with orders, despatches and invoices, scanned out`,
  )

  const dock = await enrolScanner(
    cast.distributor,
    places.distributor,
    '发货扫码枪 / dock scanner',
    new Date(Date.now() - 60_000),
  )
  const [beeswax, stents, lacking, unanswered] = await Promise.all(
    [oasis, clean, short, silent].map(goods => registerLive(cast, goods)),
  )
  if (!beeswax || !stents || !lacking || !unanswered) throw new Error('four trades were registered')
  const live = [beeswax, stents, lacking, unanswered]
  for (const trade of live) await ship(dock, trade)
  step('4 trades of today registered and shipped by scanning, one of them the OASIS UBL example')

  await arrived.papers(cast, live)
  const store = await enrolScanner(
    cast.hospital,
    places.hospital,
    '验收扫码枪 / acceptance scanner',
    new Date('2020-01-01T00:00:00Z'),
  )
  await receiveHistory(store, history.deliveries)
  for (const trade of live) await receive(store, trade)
  await claimToHaveReceived(cast, unanswered)
  await keepBooks(stage.dataDir, live)
  step('the hospital received at its own node; what the distributor claimed to have received does not count')

  for (const trade of live) await ask(cast.distributor, trade.invoice, facts(trade))
  await arrived.questions(cast, live)
  await answer(cast.hospital, stents.invoice, facts(stents), 'AP')
  await answer(cast.hospital, beeswax.invoice, facts(beeswax), 'CA', 'QTY')
  await answer(cast.hospital, lacking.invoice, facts(lacking), 'RE', 'QTY')
  await publishStatus(cast.hospital.client, cast.hospital, `/api/v1/questions/${unanswered.invoice.commitment}`)
  await arrived.answers(cast, 3)
  await arrived.heads(cast, live)
  step(
    'the hospital confirmed one invoice, one with reservations, disputed one, and left one unanswered; its status heads say that there is no more',
  )

  const authorization = await authorize(cast, cast.bank)
  step('the distributor signed a data authorization for one bank, and the bank countersigned')

  const applied = await eachOf(
    live,
    trade => apply(cast.distributor, cast.bank, authorization, trade.invoice, facts(trade), '明保理'),
    1,
  )
  const [oasisApplied, cleanApplied, shortApplied, silentApplied] = applied
  if (!oasisApplied || !cleanApplied || !shortApplied || !silentApplied) throw new Error('four applications were made')
  await refused('AUTHORIZATION_REQUIRED', () => askWithout(cast.otherBank, cleanApplied))
  step('another bank asked without an authorization, and was refused; the refusal is in the log')

  const reports = await eachOf(
    [cleanApplied, oasisApplied, shortApplied, silentApplied],
    it => report(cast.bank, it),
    1,
  )
  const [good, partial] = reports
  if (!good || !partial) throw new Error('four reports were made')
  step(`verification reports: ${reports.map(verdict).join(' · ')}`)

  await decide(cast.bank, cleanApplied, good, 'approved', '核验通过')
  await markFinanced(cast.distributor, cast.bank, cleanApplied, goodsOf(stents))
  step('the bank approved, and marked the receivable and its goods as financed')

  const again = await apply(cast.distributor, cast.bank, authorization, stents.invoice, facts(stents), '明保理')
  const renumbered = await secondInvoice(cast.distributor, stents)
  const disguised = await apply(
    cast.distributor,
    cast.bank,
    authorization,
    renumbered,
    { ...facts(stents), number: renumbered.number },
    '明保理',
  )
  const caught = await eachOf([again, disguised], it => report(cast.bank, it), 1)
  step(`the same invoice again, and the same goods under a new number: ${caught.map(verdict).join(' · ')}`)

  await creditNote(cast.distributor, beeswax)
  const credited = await report(cast.bank, oasisApplied)
  step(`the OASIS invoice: financeable ${amountOf(partial)}; after its credit note ${amountOf(credited)}`)

  const bundle = join(stage.dataDir, 'evidence', `${good.id}.json`)
  await mkdir(join(stage.dataDir, 'evidence'), { recursive: true })
  const response = await cast.bank.client.request('GET', `/api/v1/reports/${good.id}/bundle`)
  if (!response.ok) throw new Error(`the bundle could not be fetched: ${response.status}`)
  await writeFile(bundle, Buffer.from(await response.arrayBuffer()))
  const roles = Object.entries({
    distributor: cast.distributor,
    hospital: cast.hospital,
    bank: cast.bank,
    auditor: cast.auditor,
    operator: stage.world.operators.market,
  })
  await save({
    finished: true,
    bundle,
    roles: roles.map(([role, actor]) => [role, join(actor.folder, 'identity.p12')] as const),
  })
  step('the bank saved the evidence bundle of its report')
}

/** Where to look, with whose certificate, and how to check the evidence. */
export async function summary({
  dataDir,
  world,
  nodes,
}: {
  dataDir: string
  world: World
  nodes: readonly string[]
}): Promise<string> {
  const played = readPlayed(dataDir)
  const [market, hospital] = nodes
  return [
    '',
    `Console            ${market}/console/`,
    `Hospital's console ${hospital}/console/`,
    ...(played?.roles ?? []).map(([role, file]) => `  ${role.padEnd(12)} ${file}`),
    ...(played?.roles ? [`  password     ${P12_PASSWORD}`] : []),
    `API                ${market}/docs`,
    `Trust settings     ${world.trustFile}`,
    `Chain              ${world.chain.url}`,
    ...(played?.bundle
      ? [
          `Evidence           ${played.bundle}`,
          '',
          'Check it offline:',
          `  npx tallystick verify ${played.bundle} --trust ${world.trustFile}`,
        ]
      : []),
    '',
  ].join('\n')
}

const progress = (say: (text: string) => void) => {
  let number = 0
  let last = performance.now()
  return (text: string) => {
    const seconds = ((performance.now() - last) / 1000).toFixed(1)
    last = performance.now()
    say(`  ${String(++number).padStart(2)}. ${text} (${seconds} s)`)
  }
}

const facts = ({ invoiceDocument }: LiveTrade) => {
  const { number, issueDate, gross, currency, parties } = invoiceDocument
  return { number, issueDate, gross, currency, parties }
}

const goodsOf = ({ order, invoiceDocument }: LiveTrade) => {
  const [line] = invoiceDocument.lines
  const quantity = line?.quantity ?? '0'
  return { order: order.code, line: line?.orderLine ?? '', quantity, accepted: quantity, serials: line?.serials ?? [] }
}

/** A scan of the receiving step by the seller's own device: kept as its word, and worth nothing. */
async function claimToHaveReceived(cast: Cast, { received }: LiveTrade): Promise<void> {
  const gun = await enrolScanner(
    cast.distributor,
    places.distributor,
    '另一把扫码枪 / another scanner',
    new Date(Date.now() - 60_000),
  )
  await gun.capture([{ ...received, bizStep: 'receiving', at: new Date().toISOString() }])
}

const askWithout = (bank: Actor, { id }: Applied) => bank.client.json('POST', '/api/v1/reports', { application: id })

async function refused(code: string, attempt: () => Promise<unknown>): Promise<void> {
  try {
    await attempt()
  } catch (error) {
    if (error instanceof Refusal && error.code === code) return
    throw error
  }
  throw new Error(`expected the refusal ${code}, but nothing was refused`)
}

/** The verdict, and what stands against a better one. */
const verdict = ({ verdict, report }: ReportView): string => {
  const checks = reportSchema.parse(report).receivables.flatMap(receivable => receivable.checks)
  const against = checks.filter(check => check.gating && check.outcome !== 'pass').map(check => check.code)
  return against.length ? `${verdict} (${[...new Set(against)].join(', ')})` : verdict
}

const amountOf = ({ report }: ReportView): string => {
  const [receivable] = reportSchema.parse(report).receivables
  const [line] = receivable?.match ?? []
  if (!receivable || !line) return 'nothing'
  const { currency, financeable } = receivable
  const amount = currency && financeable ? formatAmount(money(parseCurrency(currency), BigInt(financeable))) : 'nothing'
  return `${line.quantity} ${line.unit}, ${currency} ${amount}`
}
