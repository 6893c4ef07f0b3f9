import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { type Demonstration, demonstration, goTo, mustBeAccessible, signIn } from './support.ts'

describe('a hospital in the browser', function () {
  this.timeout(240_000)
  let demo: Demonstration

  before(async () => {
    demo = await demonstration()
  })

  const number = '26442000000000000034'
  const rowOf = (page: Page) => page.getByRole('row').filter({ hasText: number })

  it('confirms what scans and books agree on among others, and tells the clerk whose colleague was quicker', async () => {
    const [one, many, late] = await Promise.all([1, 2, 3].map(() => signIn(demo, 'hospital-operator')))
    if (one === undefined || many === undefined || late === undefined) throw new Error('three clerks sign in')

    // The first opens the invoice: what its own scans and books say stands beside it.
    await rowOf(one.page).getByText('足够').waitFor()
    await mustBeAccessible(one.page)
    await rowOf(one.page).getByRole('link', { name: number }).click()
    await one.page.getByRole('cell', { name: '20 件' }).first().waitFor()
    expect(await one.page.getByRole('checkbox', { checked: true }).count()).to.equal(5)
    await one.page.getByText('与贵院账务系统核对').waitFor()
    await one.page.getByText('账上未记').first().waitFor()
    await one.page.getByText('被问过什么、由谁、答过什么').waitFor()
    await one.page.getByText('还没有提供给任何机构。').waitFor()
    await mustBeAccessible(one.page)

    for (const { page } of [many, late]) {
      await page.getByLabel(`选择发票 ${number}`).check()
      await page.getByRole('button', { name: '一并确认（1 张）' }).click()
      await page.getByRole('dialog').getByText('全部相符，将予确认').waitFor()
    }
    await mustBeAccessible(many.page)
    await many.page.getByRole('button', { name: '签名并确认 1 张' }).click()
    await many.page.getByText('已确认', { exact: true }).waitFor()
    await many.page.getByText('已处理 1 / 1 张').waitFor()
    await mustBeAccessible(many.page)
    await late.page.getByRole('button', { name: '签名并确认 1 张' }).click()
    await late.page.getByText('同事已先回答，未重复签名').waitFor()

    await one.page.getByRole('button', { name: '签名并回答' }).click()
    await one.page.getByText(/这张待结算发票已经回答过/).waitFor()
    await one.page.getByText('证书序列号').nth(1).waitFor()
    await one.page.getByRole('button', { name: '签名并回答' }).click()
    await one.page.getByText('已回答，并转给提问方。').waitFor()
    await goTo(one.page, '待结算发票')
    await one.page.getByText('已回答', { exact: true }).click()
    await rowOf(one.page).getByText('已确认').waitFor()
    for (const { faults } of [one, many, late]) expect(faults).to.deep.equal([])
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
