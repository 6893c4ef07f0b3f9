import { readAct } from '../../core/act.ts'
import { type Bundle, parseBundle } from '../../core/bundle.ts'
import { parseCompact } from '../../core/jws.ts'
import { formatAmount, isCurrency, money } from '../../core/money.ts'
import { type Report, reportSchema } from '../../core/report/report.ts'
import { element } from './element.ts'
import type { Text } from './text.ts'

/** What the file is about, as far as it can be read. Only said beside the verdict: nothing here is checked. */
export const contentsOf = (file: string, t: Text): HTMLElement | undefined => {
  const bundle = readable(file)
  if (bundle === undefined) return undefined
  const { application } = bundle
  const fact = (name: string, value: string) => [element('dt', {}, name), element('dd', {}, value)]
  return element(
    'section',
    { 'aria-labelledby': 'contents' },
    element('h2', { id: 'contents' }, t.contents),
    element(
      'dl',
      {},
      ...fact(t.madeAt, bundle.createdAt),
      ...fact(t.log, bundle.log),
      ...fact(t.application, application.id),
      ...fact(t.seller, application.seller),
      ...fact(t.bank, application.bank),
    ),
    receivablesOf(bundle.report, t),
  )
}

const receivablesOf = (compact: string | undefined, t: Text): HTMLElement | undefined => {
  const report = compact === undefined ? undefined : reportIn(compact)
  if (report === undefined) return undefined
  const rows = report.receivables.map(it =>
    element(
      'tr',
      {},
      element('td', { class: 'code' }, it.number),
      element('td', { class: 'number' }, amount(it.gross, it.currency) ?? t.notEvaluable),
      element('td', { class: 'number' }, amount(it.financeable, it.currency) ?? t.notEvaluable),
      element('td', {}, t.verdicts[it.verdict]),
    ),
  )
  return element(
    'div',
    { class: 'wide' },
    element(
      'table',
      {},
      element('caption', {}, t.receivables),
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          ...[t.invoice, t.gross, t.financeable, t.conclusion].map(name => element('th', { scope: 'col' }, name)),
        ),
      ),
      element('tbody', {}, ...rows),
    ),
  )
}

const readable = (file: string): Bundle | undefined => {
  try {
    return parseBundle(file)
  } catch {
    // What is wrong with it, the first step says.
    return undefined
  }
}

const reportIn = (compact: string): Report | undefined => {
  const jws = parseCompact(compact)
  if (!jws.ok) return undefined
  try {
    return readAct(reportSchema, jws.payload)
  } catch {
    // The step of the report says why.
    return undefined
  }
}

const amount = (minor: string | null, currency: string | null): string | undefined => {
  if (minor === null || currency === null) return undefined
  if (!isCurrency(currency) || !/^\d+$/.test(minor)) return `${minor} ${currency}`
  const [whole = '', fraction] = formatAmount(money(currency, BigInt(minor))).split('.')
  const grouped = whole.replaceAll(/\B(?=(\d{3})+(?!\d))/g, ',')
  return `${currency} ${fraction === undefined ? grouped : `${grouped}.${fraction}`}`
}
