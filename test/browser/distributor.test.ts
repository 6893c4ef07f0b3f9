import { expect } from 'chai'
import { type Demonstration, demonstration, goTo, mustBeAccessible, signIn } from './support.ts'

describe('a distributor in the browser', function () {
  this.timeout(240_000)
  let demo: Demonstration

  before(async () => {
    demo = await demonstration()
  })

  it('is told in words when the password of its certificate file is wrong', async () => {
    const { page } = await signIn(demo, 'distributor')
    await page.getByRole('button', { name: '退出' }).click()
    await page.locator('input[type=file]').setInputFiles(`${demo.dataDir}/parties/distributor/identity.p12`)
    await page.getByLabel('证书文件的密码').fill('wrong')
    await page.getByRole('button', { name: '打开证书' }).click()
    await page.getByText('打不开证书文件：密码不对').waitFor()
    await mustBeAccessible(page)
  })

  it('ships by scanning, every serial of the despatch advice', async () => {
    const { page, faults } = await signIn(demo, 'distributor')
    await goTo(page, '发货与扫码')
    await page.getByRole('link', { name: 'DN-PO-2026-0003' }).click()
    await page.getByText('登记设备签名').first().waitFor()
    await page.getByRole('link', { name: '为此发货扫码' }).click()
    await page.getByRole('button', { name: '登记本设备' }).click()
    await page
      .getByText(/^已扫 0 \/ 应有 21$/)
      .first()
      .waitFor()
    const codes = await page.locator('.scan-list .code').evaluateAll(all => all.map(it => it.getAttribute('title')))
    expect(codes).to.have.lengthOf(21)
    await page.getByLabel('手工输入标识').fill(codes.join('\n'))
    await page.getByRole('button', { name: '加入' }).click()
    await page
      .getByText(/^已扫 21 \/ 应有 21$/)
      .first()
      .waitFor()
    await mustBeAccessible(page)
    await page.getByRole('button', { name: '签名并提交' }).click()
    await page.getByText('已提交，日志收到 1 条扫码记录').waitFor()
    await page.getByText('服务器已收').waitFor()
    // With a finding where the sample scanned the same goods elsewhere less than a moment ago.
    await page.getByText(/^计入证据/).waitFor()
    expect(faults).to.deep.equal([])
  })

  it('asks its hospital about an invoice, sees what it said of others, and applies with them', async () => {
    const { page, faults } = await signIn(demo, 'distributor')
    await goTo(page, '发票与确认')
    const row = (number: string) => page.getByRole('row').filter({ hasText: number })
    await row('26442000000000000018').getByText('已确认').waitFor()
    await row('26442000000000000026').getByText('拒绝 · 数量有误').waitFor()
    await mustBeAccessible(page)
    const asking = page.getByRole('button', { name: /^请求确认 INV-/ }).first()
    const number = ((await asking.getAttribute('aria-label')) ?? '').replace('请求确认 ', '')
    await asking.click()
    await page.getByRole('dialog').getByRole('button', { name: '请求确认' }).click()
    await row(number).getByText('等待回答').waitFor()

    await row(number).getByRole('checkbox').check()
    await page.getByRole('button', { name: '申请融资' }).click()
    await page.getByLabel('银行 · 依据的授权').click()
    await page
      .getByTitle(/示范银行/)
      .first()
      .click()
    await page.getByText('应收账款质押 —').click()
    await page.getByRole('button', { name: '签名并提交' }).click()
    await page.getByRole('heading', { name: /^融资申请/ }).waitFor()
    await page.getByText('应收账款质押 · 有追索权').waitFor()
    await page.getByText('已提交', { exact: true }).waitFor()
    expect(faults).to.deep.equal([])
  })

  it('sees what a bank would still miss of an invoice, and its way from order to payment', async () => {
    const { page, faults } = await signIn(demo, 'distributor')
    await goTo(page, '发票与确认')
    await page.getByRole('link', { name: '26442000000000000026 的进展' }).click()
    await page.getByText('还缺 2 项必备').waitFor()
    await page.getByText('医疗机构拒绝了这张发票').waitFor()
    await page.getByText(/^怎么办：请医院确认这张发票；有异议的/).waitFor()
    const way = page.locator('.road li')
    await way.filter({ hasText: '扫码' }).first().waitFor()
    await mustBeAccessible(page)
    await way
      .getByRole('link', { name: /^发货单/ })
      .first()
      .click()
    await page.getByRole('heading', { name: /^发货单/ }).waitFor()

    // By its address alone, in the other language and on a phone.
    await page.goBack()
    await page.getByRole('button', { name: 'English' }).click()
    await page.getByText('What is missing before a bank can say yes', { exact: true }).waitFor()
    await page.setViewportSize({ width: 360, height: 740 })
    expect(await page.evaluate('document.documentElement.scrollWidth <= 360')).to.equal(true)
    await mustBeAccessible(page)
    expect(faults).to.deep.equal([])
  })

  it('reads the whole agreement before it signs, and can revoke it', async () => {
    const { page, faults } = await signIn(demo, 'distributor')
    await goTo(page, '数据授权')
    await page.getByRole('button', { name: '签署新授权' }).click()
    await page.getByRole('combobox', { name: '给谁' }).click()
    await page.getByTitle('另一家银行（演示）').click()
    await page.getByRole('combobox', { name: '医疗机构' }).click()
    await page.getByTitle('广东省示范医院（演示）').click()
    await page.getByRole('button', { name: '生成协议全文' }).click()
    const text = (await page.locator('.agreement').textContent()) ?? ''
    for (const said of ['数据授权协议', '另一家银行（演示）', '不得用于其他目的', '至多 10000 条']) {
      expect(text).to.contain(said)
    }
    expect(await page.getByRole('button', { name: '签署授权' }).isDisabled()).to.equal(true)
    await mustBeAccessible(page)
    await page.getByText('我已阅读全文').click()
    await page.getByRole('button', { name: '签署授权' }).click()
    await page.getByText('待银行签署').first().waitFor()
    await page.getByText('协议全文与签名内容一致').waitFor()
    expect(await page.locator('.agreement').textContent()).to.equal(text)
    await page.getByRole('button', { name: '撤销授权' }).click()
    await page.getByLabel('撤销原因').fill('签错了银行')
    await page.getByRole('dialog').getByRole('button', { name: '撤销授权' }).click()
    await page.getByText('已撤销').first().waitFor()
    expect(faults).to.deep.equal([])
  })
})
