import { sql } from 'kysely'
import { hex } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import type { DocumentOf } from '../../core/document.ts'
import { comparedFields, type RegistryStatement } from '../../core/financing.ts'
import { signCompact } from '../../core/jws.ts'
import { typ } from '../../core/typ.ts'
import type { Tx } from '../../db/database.ts'
import type { Invoice } from '../documents/store.ts'
import type { NodeKey } from '../seams.ts'
import { type ChainRegistry, onChain } from './chain.ts'
import { type Fingerprint, type FingerprintKey, fingerprints } from './fingerprint.ts'
import { billedBy } from './goods.ts'
import { fingerprintRows } from './store.ts'

export type StatementDeps = {
  readonly now: () => Date
  readonly fingerprintKeys: readonly FingerprintKey[]
  /** Origin of the registry's log. */
  readonly registry: string
  readonly nodeKey: NodeKey
  readonly chain?: Pick<ChainRegistry, 'isHeldElsewhere'>
}

/**
 * What the registry holds against these invoices and the goods behind them, leaving out the application under
 * evaluation: compact JWS by the node key. Reads as the node, since a look-up must see every bank's marks.
 */
export const registryStatement = async (
  deps: StatementDeps,
  tx: Tx,
  invoices: readonly Invoice[],
  exceptApplication: string,
): Promise<string> => {
  const statement: RegistryStatement = {
    registry: deps.registry,
    application: exceptApplication,
    asOf: `${deps.now().toISOString().slice(0, 19)}Z`,
    invoices: [],
  }
  for (const invoice of invoices) statement.invoices.push(await heldAgainst(deps, tx, invoice, exceptApplication))
  return signCompact({ typ: typ.registryStatement, payload: canonical(statement), ...deps.nodeKey })
}

type Held = RegistryStatement['invoices'][number]

const heldAgainst = async (deps: StatementDeps, tx: Tx, invoice: Invoice, except: string): Promise<Held> => {
  const claims = invoice.claims as DocumentOf<'invoice'>
  const billed = billedBy(claims)
  const serials = [...new Set([...billed.values()].flatMap(line => line.serials))]
  const keys = fingerprints(deps.fingerprintKeys, { number: invoice.number, seller: invoice.seller, serials })
  const here = await onInvoice(tx, invoice, keys, except)
  return {
    invoice: invoice.code,
    commitment: hex(invoice.digest),
    ...here,
    financed: here.financed || (await deps.chain?.isHeldElsewhere(onChain(keys))) === true,
    serials: await heldSerials(tx, deps.fingerprintKeys, invoice, serials, except),
    lines: await heldLines(tx, claims.order, [...billed.keys()], except),
  }
}

const onInvoice = async (
  tx: Tx,
  { seller, issue_date, gross, currency }: Invoice,
  keys: readonly Fingerprint[],
  except: string,
): Promise<Pick<Held, 'financed' | 'registered' | 'differs'>> => {
  const invoice = keys.filter(({ kind }) => kind === 'invoice')
  const { rows } = await sql<{ live: boolean } & Record<(typeof comparedFields)[number], boolean>>`
    select distinct id, financings.live, seller <> ${seller} as seller, issue_date <> ${issue_date} as "issueDate",
        gross <> ${gross} as gross, currency <> ${currency} as currency
      from ${fingerprintRows(invoice)} join financing_keys using (kind, key_version, fingerprint)
        join financings on id = financing
      where application <> ${except} and state <> 'CANC'`.execute(tx)
  return {
    financed: rows.some(({ live }) => live),
    registered: rows.filter(({ live }) => !live).length,
    differs: comparedFields.filter(field => rows.some(row => row[field])),
  }
}

const heldSerials = async (
  tx: Tx,
  keys: readonly FingerprintKey[],
  { number, seller }: Invoice,
  serials: readonly string[],
  except: string,
): Promise<string[]> => {
  if (serials.length === 0) return []
  const found = new Set<string>()
  for (const key of keys) {
    const [, ...own] = fingerprints([key], { number, seller, serials })
    const { rows } = await sql<{ fingerprint: Uint8Array }>`
      select fingerprint from ${fingerprintRows(own)} join financing_keys using (kind, key_version, fingerprint)
        join financings on id = financing
        where financing_keys.live and application <> ${except}`.execute(tx)
    const held = new Set(rows.map(({ fingerprint }) => hex(fingerprint)))
    own.forEach(({ fingerprint }, i) => {
      const serial = serials[i]
      if (serial !== undefined && held.has(hex(fingerprint))) found.add(serial)
    })
  }
  return serials.filter(serial => found.has(serial))
}

const heldLines = async (tx: Tx, order: string, lines: readonly string[], except: string): Promise<Held['lines']> => {
  const { rows } = await sql<{ line: string; unit: string; quantity: string }>`
    select line, unit, trim_scale(sum(quantity))::text as quantity from financing_lines join financings on id = financing
      where financing_lines.live and order_code = ${order} and line = any(${lines}::text[]) and application <> ${except}
      group by line, unit order by line, unit`.execute(tx)
  return rows
    .filter(({ unit }) => unit === '')
    .map(({ line, quantity }) => ({
      order,
      line,
      quantity,
      units: rows
        .filter(row => row.line === line && row.unit !== '')
        .map(({ unit, quantity: part }) => ({ code: unit, quantity: part })),
    }))
}
