import { papersOf } from '../receivables/documents/material.ts'
import type { ResolverDeps } from '../resolver/deps.ts'

/** What a scan tells anybody: the kind of paper, and nothing of what it says. */
const kinds: Readonly<Record<string, string>> = {
  order: '订单 / order',
  despatch: '发货通知 / despatch advice',
  receipt: '收货通知 / receipt advice',
  consumption: '消耗结算单 / consumption statement',
  invoice: '发票 / invoice',
  'credit-note': '红字发票 / credit note',
  statement: '对账单 / statement of account',
  payment: '回款 / payment',
  query: '查询结果 / query result',
}

/** Codes of papers lead to the page that shows them to whoever may see them. */
export const holdersOf: ResolverDeps['holdersOf'] = async (tx, codes) => {
  const papers = await papersOf(tx, codes)
  return new Map(
    papers.map(({ code, document, issuer, kind }) => [
      code,
      { org: issuer, description: kinds[kind] ?? kind, path: `/console/document?code=${encodeURIComponent(document)}` },
    ]),
  )
}
