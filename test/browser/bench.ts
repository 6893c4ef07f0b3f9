import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { Client } from '../../core/oauth/client.ts'
import { createClient } from '../../scripts/client/client.ts'
import { players } from '../../scripts/sample/cast.ts'
import { openParty } from '../../scripts/start/operator.ts'
import { scannerOf } from './scanner.ts'
import { type Demonstration, signIn } from './support.ts'

export const phone = { width: 360, height: 740 }
export const gtin = '06901234900040'
export const serial = (n: number) => `https://id.gs1.org/01/${gtin}/21/90004${String(n).padStart(4, '0')}`
export const label = (n: number) => `(01)${gtin}(21)90004${String(n).padStart(4, '0')}`

/** A phone with a shipment of 21 codes on the bench, and a scanner beside it. */
export const atTheBench = async (demo: Demonstration) => {
  const opened = await signIn(demo, 'distributor')
  const { page } = opened
  await page.setViewportSize(phone)
  await chooseShipment(page)
  return { ...opened, scanner: await scannerOf(page) }
}

export const chooseShipment = async (page: Page, number = 'DN-PO-2026-0003') => {
  const enrol = page.getByRole('button', { name: '登记本设备' })
  await enrol
    .or(page.getByLabel('发货单', { exact: true }))
    .first()
    .waitFor()
  if (await enrol.isVisible()) await enrol.click()
  await page.getByLabel('发货单', { exact: true }).fill(number)
  await page.getByTitle(new RegExp(number)).click()
  await page
    .getByText(/^已扫 \d+ \/ 应有 21$/)
    .first()
    .waitFor()
}

/** The distributor's own client, beside the browser. */
export const clientOf = async ({ market, dataDir }: Demonstration): Promise<Client> => {
  const { uscc, name } = players.distributor
  const { key, chain } = await openParty(join(dataDir, 'parties', 'distributor'), uscc, name)
  return createClient({ baseUrl: market, uscc, key, chain })
}
