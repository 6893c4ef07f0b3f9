import { sql } from 'kysely'
import { readEvent } from '../core/epcis/document.ts'
import type { ScanEvent } from '../core/epcis/scan-event.ts'
import { formatDecimal, parseDecimal, total } from '../core/quantity.ts'
import type { Tx } from '../db/database.ts'

export type Received = {
  readonly code: string
  readonly quantity: string
  readonly unit: string
  readonly step: 'accepted' | 'returned'
}

/**
 * What the receiver's own entitled scans say of these codes, in pieces where an event names no unit, counting only scans
 * that name one of `about`: shipments or instances, since an item or a lot goes to others under other orders, too. Goods
 * that were both received at the gate and accepted in the store count once, as accepted. Runs as the node.
 */
export async function receivedQuantities(
  tx: Tx,
  {
    receiver,
    codes,
    about,
  }: { readonly receiver: string; readonly codes: readonly string[]; readonly about: readonly string[] },
): Promise<readonly Received[]> {
  const { rows } = await sql<{ event: unknown }>`
    select event from events
    where org = ${receiver} and entitled and not declares_error and biz_step in ('receiving', 'accepting', 'shipping')
      and index in (select index from event_codes where code = any(${about}::text[]))
    order by index`.execute(tx)
  const scans = rows.flatMap(({ event }) => {
    const reading = readEvent(event)
    return reading.ok ? [reading.scan] : []
  })
  const wanted = new Set(codes)
  const of = (steps: (scan: ScanEvent) => boolean) =>
    sumByCode(
      scans
        .filter(steps)
        .flatMap(goods)
        .filter(it => wanted.has(it.code)),
    )
  const back = of(isReturn)
  const accepted = of(scan => !isReturn(scan) && scan.bizStep === 'accepting')
  const received = of(scan => !isReturn(scan) && scan.bizStep === 'receiving')
  const kept = new Map([...received, ...accepted])
  return [...listed(kept, 'accepted'), ...listed(back, 'returned')]
}

/** Goods go back by the receiver's own shipping scan. */
const isReturn = (scan: ScanEvent): boolean => scan.bizStep === 'shipping' || scan.disposition === 'returned'

type Counted = { readonly code: string; readonly quantity: string; readonly unit: string }

const PIECE = 'C62'

/** Instances count one each; a logistic unit is no quantity of goods. */
const goods = (scan: ScanEvent): Counted[] => [
  ...scan.epcs.filter(code => code.includes('/21/')).map(code => ({ code, quantity: '1', unit: PIECE })),
  ...scan.quantities.flatMap(({ epcClass, quantity, uom }) =>
    quantity === undefined ? [] : [{ code: epcClass, quantity, unit: uom ?? PIECE }],
  ),
]

const sumByCode = (all: readonly Counted[]): Map<string, Counted> =>
  new Map(
    [...Map.groupBy(all, it => `${it.code} ${it.unit}`)].map(([key, of]) => [
      key,
      { ...of[0]!, quantity: formatDecimal(total(of.map(it => parseDecimal(it.quantity)))) },
    ]),
  )

const listed = (of: ReadonlyMap<string, Counted>, step: Received['step']): Received[] =>
  [...of.values()].map(it => ({ ...it, step }))
