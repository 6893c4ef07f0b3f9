import { formatAmount, isCurrency, money } from '../money.ts'
import type { Check, ReceivableReport } from '../report/report.ts'
import type { Language } from '../verify/words.ts'
import type { Contents } from './contents.ts'
import { html, type Markup } from './markup.ts'
import { dossierWords, type Words } from './words.ts'

/** A page to print: no script, nothing from elsewhere. */
export const dossierPage = (contents: Contents, language: Language): string => {
  const t = dossierWords[language]
  const { bundle, report, agreement } = contents
  const { application } = bundle
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${t.title} ${application.id}</title>
<style>${style}</style>
</head>
<body>
<h1>${t.title}</h1>
<p>${t.lead}</p>
${facts([
  [t.made, bundle.createdAt],
  [t.log, bundle.log],
  [t.application, application.id],
  [t.seller, application.seller],
  [t.bank, application.bank],
  [t.mode, application.mode],
  ...(report === undefined
    ? []
    : ([
        [t.asOf, report.asOf],
        [
          t.policy,
          `${report.policy.name} · ${report.policy.version}${report.policy.demonstration ? ` (${t.demonstration})` : ''}`,
        ],
        [t.verdict, t.verdicts[report.verdict]],
      ] as const)),
])}
${report === undefined ? html`<p>${t.noReport}</p>` : report.receivables.map(it => receivable(it, t))}
${
  report === undefined || report.missing.length === 0
    ? html``
    : html`<h2>${t.missing}</h2><ul>${report.missing.map(code => html`<li class="code">${code}</li>`)}</ul>`
}
<h2>${t.records}</h2>
${table(
  [t.index, t.kind, t.by, t.loggedAt, t.digest],
  contents.records.map(({ record, digest }) => [
    record.index,
    t.kinds[record.type],
    record.org,
    record.loggedAt,
    digest,
  ]),
)}
<h2>${t.anchors}</h2>
${table(
  [t.chain, t.size, t.block, t.made],
  bundle.anchors.map(it => [
    `${it.chain} · ${it.chainId} · ${it.contract}`,
    it.size,
    `${it.block} · ${it.blockHash}`,
    it.at,
  ]),
)}
<h2>${t.agreement}</h2>
${agreement === undefined ? html`<p>${t.noAgreement}</p>` : html`<pre>${agreement}</pre>`}
<p>${t.how}</p>
</body>
</html>
`.text
}

const receivable = (it: ReceivableReport, t: Words): Markup => html`<section>
<h2>${t.invoice} ${it.number}</h2>
${facts([
  [t.gross, amount(it.gross, it.currency, t)],
  [t.open, amount(it.open, it.currency, t)],
  [t.financeable, amount(it.financeable, it.currency, t)],
  [t.verdict, t.verdicts[it.verdict] + (it.strength === null ? '' : ` · ${t.strengths[it.strength]}`)],
])}
${table(
  [t.check, t.outcome, t.strength, t.why, t.on],
  it.checks.map(check => [
    `${t.checks[check.code]}${check.gating ? ' *' : ''}`,
    t.outcomes[check.outcome],
    check.strength === null ? '–' : t.strengths[check.strength],
    reasonsOf(check, t),
    check.evidence.map(({ index }) => index).join(', '),
  ]),
)}
</section>`

const reasonsOf = ({ reasons }: Check, t: Words): string =>
  reasons
    .map(({ code, params }) => {
      const values = Object.values(params ?? {})
      return values.length === 0 ? t.reasons[code] : `${t.reasons[code]} (${values.join(', ')})`
    })
    .join('; ')

const facts = (pairs: readonly (readonly [string, string])[]): Markup =>
  html`<dl>${pairs.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`

const table = (heads: readonly string[], rows: readonly (readonly string[])[]): Markup =>
  html`<table><thead><tr>${heads.map(it => html`<th>${it}</th>`)}</tr></thead><tbody>${rows.map(
    row => html`<tr>${row.map(cell => html`<td>${cell}</td>`)}</tr>`,
  )}</tbody></table>`

const amount = (minor: string | null, currency: string | null, t: Words): string => {
  if (minor === null || currency === null) return t.notEvaluable
  return isCurrency(currency) && /^\d+$/.test(minor)
    ? `${currency} ${formatAmount(money(currency, BigInt(minor)))}`
    : `${currency} ${minor}`
}

const style = `
body { font: 11pt/1.5 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; margin: 2em auto; max-width: 60em; padding: 0 1em; }
h1 { font-size: 18pt } h2 { font-size: 13pt; margin-top: 1.5em }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1em } dt { color: #444 } dd { margin: 0; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100%; font-size: 9pt } th, td { border: 1px solid #999; padding: 2px 6px; text-align: left; vertical-align: top; overflow-wrap: anywhere }
pre { white-space: pre-wrap; overflow-wrap: anywhere }
@media print { body { margin: 0; max-width: none } tr, section { break-inside: avoid-page } thead { display: table-header-group } }
`
