import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { formatAmount, money, parseCurrency } from '../../core/money.ts'
import type { LiveTrade } from './live.ts'

/** What the hospital's own system has booked of the day, dropped as its export would be. */
export async function keepBooks(dataDir: string, trades: readonly LiveTrade[]): Promise<void> {
  const folder = join(dataDir, 'hospital', 'books')
  await mkdir(folder, { recursive: true })
  const rows = trades.map(({ invoiceDocument: { parties, number, currency, gross }, accepted }) => {
    const of = (minor: bigint) => formatAmount(money(parseCurrency(currency), minor))
    return [
      parties.seller,
      number,
      of(BigInt(gross)),
      currency,
      of((BigInt(gross) * BigInt(accepted.part)) / BigInt(accepted.of)),
    ]
  })
  const lines = [['supplier', 'invoice_number', 'gross', 'currency', 'accepted_gross'], ...rows]
  await writeFile(join(folder, '.invoices.csv'), lines.map(line => line.join(',')).join('\n'))
  await rename(join(folder, '.invoices.csv'), join(folder, 'invoices.csv'))
}
