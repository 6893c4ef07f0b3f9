import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { type Demonstration, demonstration, goTo, mustBeAccessible, signIn } from './support.ts'

describe('a bank that watches over what it financed, in the browser', function () {
  this.timeout(240_000)
  let demo: Demonstration

  before(async () => {
    demo = await demonstration()
  })

  const openFinanced = async (page: Page): Promise<string> => {
    await goTo(page, '融资申请')
    await page.getByRole('row').filter({ hasText: '已融资' }).last().getByRole('link').first().click()
    await page.getByRole('heading', { name: /^融资申请 / }).waitFor()
    return new URL(page.url()).pathname.split('/').at(-1) ?? ''
  }

  it('is let by the supplier, told when it may no longer see, and marks that as seen', async () => {
    const seller = await signIn(demo, 'distributor')
    const application = await openFinanced(seller.page)
    await seller.page.getByRole('button', { name: '授权银行融资后监测' }).click()
    await seller.page.getByRole('combobox', { name: '医疗机构' }).click()
    await seller.page.getByTitle('广东省示范医院（演示）').click()
    await seller.page.getByRole('button', { name: '生成协议全文' }).click()
    await seller.page.locator('.agreement').getByText(application).first().waitFor()
    await seller.page.getByText('我已阅读全文').click()
    await seller.page.getByRole('button', { name: '签署授权' }).click()
    await seller.page.getByText('协议全文与签名内容一致').waitFor()
    const id = new URL(seller.page.url()).pathname.split('/').at(-1) ?? ''

    const { page, faults } = await signIn(demo, 'bank')
    await goTo(page, '融资后预警')
    await page.getByText('没有待处理的预警。').waitFor()
    await mustBeAccessible(page)
    await goTo(page, '数据授权')
    await page.locator(`a[href$="${id}"]`).click()
    await page.getByText('我已阅读全文').click()
    await page.getByRole('button', { name: '签署并生效' }).click()
    await page.getByText('授权已生效。').waitFor()

    const again = await signIn(demo, 'distributor')
    await goTo(again.page, '数据授权')
    await again.page.locator(`a[href$="${id}"]`).click()
    await again.page.getByRole('button', { name: '撤销授权' }).click()
    await again.page.getByLabel('撤销原因').fill('款项已还清')
    await again.page.getByRole('dialog').getByRole('button', { name: '撤销授权' }).click()
    await again.page.getByText('授权已撤销。').waitFor()

    // The watch goes round once a minute.
    const row = page.getByRole('row').filter({ has: page.getByText('AUTHZ', { exact: true }) })
    const until = Date.now() + 100_000
    do {
      await goTo(page, '数据授权')
      await goTo(page, '融资后预警')
      await page.getByRole('table').waitFor()
      await page.waitForTimeout(2_000)
    } while ((await row.count()) === 0 && Date.now() < until)
    await row.getByText('警告', { exact: true }).waitFor()
    await row.getByText(application.slice(0, 8)).waitFor()
    await mustBeAccessible(page)
    const menu = page.getByRole('navigation', { name: '主菜单' })
    await menu.getByText('1 条待处理').waitFor()
    await row.getByRole('button', { name: '标为已阅' }).click()
    await menu.getByText('1 条待处理').waitFor({ state: 'detached' })
    await page.getByText('没有待处理的预警。').waitFor()
    await page.getByText('全部', { exact: true }).first().click()
    await row.getByText('已阅').first().waitFor()
    await page.setViewportSize({ width: 360, height: 740 })
    await mustBeAccessible(page)
    expect([...faults, ...seller.faults, ...again.faults]).to.deep.equal([])
  })
})
