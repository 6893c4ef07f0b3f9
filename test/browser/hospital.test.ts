import { expect } from 'chai'
import { type Demonstration, demonstration, goTo, mustBeAccessible, signIn } from './support.ts'

describe('a hospital in the browser', function () {
  this.timeout(240_000)
  let demo: Demonstration

  before(async () => {
    demo = await demonstration()
  })

  it('sees what its own scans and books say beside a pending invoice, and answers under its certificate', async () => {
    const { page, faults } = await signIn(demo, 'hospital-operator')
    const row = page.getByRole('row').filter({ hasText: '26442000000000000034' })
    await row.getByText('足够').waitFor()
    await mustBeAccessible(page)
    await row.getByRole('link', { name: '26442000000000000034' }).click()
    await page.getByRole('cell', { name: '20 件' }).first().waitFor()
    expect(await page.getByRole('checkbox', { checked: true }).count()).to.equal(5)
    await page.getByText('与贵院账务系统核对').waitFor()
    await page.getByText('账上未记').first().waitFor()
    await mustBeAccessible(page)
    await page.getByRole('button', { name: '签名并回答' }).click()
    await page.getByText('已回答，并转给提问方。').waitFor()
    await goTo(page, '待结算发票')
    await page.getByText('已回答', { exact: true }).click()
    await page.getByRole('row').filter({ hasText: '26442000000000000034' }).getByText('已确认').waitFor()
    expect(faults).to.deep.equal([])
  })

  it('makes its browser a scanner of its store, and receives by scanning', async () => {
    const { page, faults } = await signIn(demo, 'hospital-operator')
    await goTo(page, '发货与扫码')
    await page.getByRole('button', { name: '加载更多' }).click()
    const row = page
      .getByRole('row')
      .filter({ hasText: /SCMS|DN-/ })
      .last()
    const shipment = (await row.locator('.code').first().getAttribute('title')) ?? ''
    await row.getByRole('link', { name: '为此发货扫码' }).click()
    await page.getByRole('button', { name: '登记本设备' }).click()
    await page.getByText('设备已登记').waitFor()
    await page.getByText('先选环节，再扫码。').waitFor()
    await page.getByText('收货', { exact: true }).click()
    await page.getByLabel('手工输入标识').fill('not a code')
    await page.getByLabel('手工输入标识').press('Enter')
    await page.getByText('不是标识').waitFor()
    await page.getByLabel('手工输入标识').fill(shipment)
    await page.getByLabel('手工输入标识').press('Enter')
    await page
      .getByText(/^已扫 1 \//)
      .first()
      .waitFor()
    await mustBeAccessible(page)
    await page.getByRole('button', { name: '签名并提交' }).click()
    await page.getByText('已提交，日志收到 1 条扫码记录').waitFor()
    expect(faults).to.deep.equal([])
  })
})
