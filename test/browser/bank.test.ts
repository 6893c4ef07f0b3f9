import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { bundleIn } from '../../core/dossier.ts'
import { parseTrust } from '../../core/trust.ts'
import { verifyBundle } from '../../core/verify/bundle.ts'
import { type Demonstration, demonstration, goTo, mustBeAccessible, signIn } from './support.ts'

describe('a bank in the browser', function () {
  this.timeout(240_000)
  let demo: Demonstration

  before(async () => {
    demo = await demonstration()
  })

  /** The first application in this state whose report is about this invoice. */
  const openApplication = async (page: Page, state: string, invoice: string): Promise<void> => {
    await goTo(page, '融资申请')
    const rows = page.getByRole('row').filter({ hasText: state })
    await rows.first().waitFor()
    for (let i = 0; i < (await rows.count()); i++) {
      await rows.nth(i).getByRole('link').first().click()
      await page
        .getByText(`发票 ${invoice}`)
        .or(page.getByText(/^发票 \S+$/))
        .first()
        .waitFor()
      if ((await page.getByText(`发票 ${invoice}`).count()) > 0) return
      await goTo(page, '融资申请')
      await rows.first().waitFor()
    }
    throw new Error(`no application ${state} about ${invoice}`)
  }

  it('sees every check with outcome, reason, strength and evidence, and takes the bundle to an auditor', async () => {
    const { page, faults } = await signIn(demo, 'bank')
    await openApplication(page, '已融资', '26442000000000000018')
    await page.locator('.verdict').getByText('核验通过').waitFor()
    for (const check of ['IDENTITY', 'MATCH3', 'SCAN_COVER', 'HOSP_CONFIRM', 'DUPLICATE', 'ANCHOR']) {
      const row = page.getByRole('row').filter({ has: page.getByText(check, { exact: true }) })
      expect(await row.getByText('通过', { exact: true }).count()).to.equal(1)
    }
    const confirmed = page.getByRole('row').filter({ has: page.getByText('HOSP_CONFIRM', { exact: true }) })
    await confirmed.getByText('他证', { exact: true }).waitFor()
    await mustBeAccessible(page)
    await confirmed.getByRole('button').click()
    await page.getByRole('tooltip').getByText('广东省示范医院（演示）').first().waitFor()

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: '下载证据包' }).click(),
    ])
    const bundle = await readFile(await download.path(), 'utf8')
    const [archive] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: '下载证据档案（ZIP）' }).click(),
    ])
    expect(bundleIn(new Uint8Array(await readFile(await archive.path())))).to.equal(bundle)
    const trust = parseTrust(await readFile(demo.trust, 'utf8'))
    expect((await verifyBundle(bundle, { trust })).verdict).to.equal('verified')
    expect(faults).to.deep.equal([])
  })

  it('follows a delivery from order to answer, down to the block that holds each record, on a phone as well', async () => {
    const { page, faults } = await signIn(demo, 'bank')
    await openApplication(page, '已融资', '26442000000000000018')
    const course = page.getByRole('region', { name: '发票 26442000000000000018' })
    const steps = course.getByRole('listitem')
    await steps.first().waitFor()
    for (const what of ['订单 PO-2026-0001', '扫码 · 发货', '扫码 · 验收入库', '医院答复', '提交融资申请']) {
      expect(await steps.filter({ hasText: what }).count(), what).to.equal(1)
    }
    const accepted = steps.filter({ hasText: '扫码 · 验收入库' })
    await accepted.getByText(/acceptance scanner \(广东省示范医院（演示）\)/).waitFor()
    await accepted.locator('summary').click()
    await accepted.getByText(/^成立：\d+ 步到 \d+ 条的签名头$/).waitFor()
    await accepted.getByText('区块哈希').waitFor()
    await page.getByText('未发现占用').waitFor()
    await page.setViewportSize({ width: 360, height: 740 })
    await mustBeAccessible(page)
    expect(await page.evaluate('document.documentElement.scrollWidth')).to.be.at.most(360)
    await page.getByRole('button', { name: 'English' }).click()
    await page.getByRole('heading', { name: 'Invoice 26442000000000000018' }).waitFor()
    await page.getByText('No mark found').waitFor()
    await mustBeAccessible(page)
    const index = (await page.locator('.course summary').first().innerText()).match(/Log (\d+)/)?.[1]
    await page.locator('.course summary').first().click()
    expect(await page.evaluate('document.documentElement.scrollWidth')).to.be.at.most(360)
    await page.getByRole('link', { name: 'See this entry in the public log' }).first().click()
    await page.getByRole('heading', { name: `Entry ${index} of the log` }).waitFor()
    await page.getByText('The proof holds: the leaf leads to the root of the signed head').waitFor()
    expect(faults).to.deep.equal([])
  })

  it('is warned of the same goods under another number, and declines with a reason', async () => {
    const { page, faults } = await signIn(demo, 'bank')
    await openApplication(page, '已核验', '26442000000000000092')
    await page.locator('.verdict').getByText('核验不通过').waitFor()
    await page.getByText('发票中的序列号已被融资占用').waitFor()
    await page.getByText('拒绝', { exact: true }).click()
    await page.getByRole('button', { name: '签名并决定' }).click()
    await page.getByText('请写明理由，申请人会看到。').waitFor()
    await page.getByLabel('理由说明').fill('同一批货物已经融资')
    await page.getByRole('button', { name: '签名并决定' }).click()
    await page.getByText('依据核验报告：同一批货物已经融资').waitFor()
    await page.getByText('已拒绝').first().waitFor()
    expect(faults).to.deep.equal([])
  })

  it('makes a new report, approves, and marks the receivable as financed by the seller’s consent', async () => {
    const { page, faults } = await signIn(demo, 'bank')
    await openApplication(page, '已核验', '26442000000000000034')
    const address = page.url()
    await page.getByRole('button', { name: '重新取证并生成报告' }).click()
    await page.getByText('报告已生成。').waitFor()
    await page.getByText('批准', { exact: true }).click()
    await page.getByLabel(/同意融资金额/).fill('14,000.00')
    await page.getByLabel('理由说明').fill('人工复核无误')
    await page.getByRole('button', { name: '签名并决定' }).click()
    await page.getByText('CNY 14,000.00').waitFor()

    const seller = await signIn(demo, 'distributor')
    await goTo(seller.page, '融资申请')
    await seller.page
      .locator(`a[href="${new URL(address).pathname}"]`)
      .first()
      .click()
    const [consent] = await Promise.all([
      seller.page.waitForEvent('download'),
      seller.page.getByRole('button', { name: '签署同意书并下载' }).click(),
    ])
    const file = { name: 'consent.jws', mimeType: 'application/jose', buffer: await readFile(await consent.path()) }
    await page.locator('input[type=file]').setInputFiles(file)
    await page.getByLabel('中登网登记证明编号').fill('00000000000000000002')
    await mustBeAccessible(page)
    await page.getByRole('button', { name: '登记融资占用' }).click()
    await page.getByText('已登记为融资占用。').waitFor()
    await goTo(page, '融资占用登记')
    await page.getByRole('row').filter({ hasText: 'CNY 14,000.00' }).getByText('已融资').waitFor()
    expect([...faults, ...seller.faults]).to.deep.equal([])
  })

  it('reads the agreement that a supplier signed, and puts it into force with its own signature', async () => {
    const seller = await signIn(demo, 'distributor')
    await goTo(seller.page, '数据授权')
    await seller.page.getByRole('button', { name: '签署新授权' }).click()
    await seller.page.getByRole('combobox', { name: '给谁' }).click()
    await seller.page.getByTitle('另一家银行（演示）').click()
    await seller.page.getByRole('combobox', { name: '医疗机构' }).click()
    await seller.page.getByTitle('广东省示范医院（演示）').click()
    await seller.page.getByRole('button', { name: '生成协议全文' }).click()
    await seller.page.getByText('我已阅读全文').click()
    await seller.page.getByRole('button', { name: '签署授权' }).click()
    await seller.page.getByText('协议全文与签名内容一致').waitFor()
    const id = new URL(seller.page.url()).pathname.split('/').at(-1) ?? ''

    const { page, faults } = await signIn(demo, 'otherBank')
    await goTo(page, '数据授权')
    await page.locator(`a[href$="${id}"]`).click()
    await page.getByText('我已阅读全文').click()
    await page.getByRole('button', { name: '签署并生效' }).click()
    await page.getByText('授权已生效。').waitFor()
    await page.getByText('双方已签').first().waitFor()
    expect([...faults, ...seller.faults]).to.deep.equal([])
  })
})
