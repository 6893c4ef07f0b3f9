import { expect } from 'chai'
import { type Demonstration, demonstration, goTo, mustBeAccessible, openPage, signIn } from './support.ts'

describe('an operator in the browser', function () {
  this.timeout(240_000)
  let demo: Demonstration

  before(async () => {
    demo = await demonstration()
  })

  it('sees who is registered at its node, and is offered nothing of anybody’s trade', async () => {
    const { page, faults } = await signIn(demo, 'market-operator')
    await goTo(page, '机构')
    for (const name of ['示范银行（演示）', '广东省示范医院（演示）', '示范会计师事务所（演示）']) {
      await page.getByRole('cell', { name, exact: true }).waitFor()
    }
    await page.getByRole('columnheader', { name: '证书有效期至' }).waitFor()
    const menu = await page.getByRole('navigation', { name: '主菜单' }).getByRole('link').allTextContents()
    expect(menu).to.deep.equal(['机构', '运维', '查询', '日志与见证', '离线核验证据包'])
    await mustBeAccessible(page)
    expect(faults).to.deep.equal([])
  })

  it('sees who cosigns the heads of the log, and which logs are witnessed here', async () => {
    const { page, faults } = await signIn(demo, 'market-operator')
    await goTo(page, '日志与见证')
    const row = page.getByRole('row').filter({ hasText: 'hospital.tallystick.example/witness' })
    await row.getByText('正常', { exact: true }).waitFor()
    await page.getByRole('cell', { name: 'hospital.tallystick.example/log', exact: true }).waitFor()
    await page.getByText('1 个见证人中至少 1 个').waitFor()
    await mustBeAccessible(page)
    expect(faults).to.deep.equal([])
  })

  it('sees what is owed to other nodes, whether evidence is fresh, and what operators decided', async () => {
    const { page, faults } = await signIn(demo, 'market-operator')
    await goTo(page, '运维')
    await page.getByText('全部已送达。').waitFor()
    await page.getByRole('region', { name: '吊销列表' }).getByText('有效', { exact: true }).first().waitFor()
    await page.getByText('未配置：签名没有第三方时间').waitFor()
    await page.getByRole('cell', { name: '6901234', exact: true }).first().waitFor()
    await page.getByRole('cell', { name: '登记机构', exact: true }).first().waitFor()
    await page.getByText('没有吊销过证书。').waitFor()
    await mustBeAccessible(page)
    await page.setViewportSize({ width: 360, height: 800 })
    await page.waitForTimeout(300)
    const wide = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
    expect(await page.evaluate<number>(wide)).to.equal(0)
    await mustBeAccessible(page)
    expect(faults).to.deep.equal([])
  })

  it('is spoken to in the language of the browser, may change it, and is told that this is a demonstration', async () => {
    const { page, faults } = await openPage(demo, demo.market, 'en-US')
    await page.getByRole('heading', { name: 'Sign in with your organization’s certificate' }).waitFor()
    await page.getByRole('note').getByText('演示 Demonstration').waitFor()
    await page.getByRole('button', { name: '中文' }).click()
    await page.getByRole('heading', { name: '用机构证书登录' }).waitFor()
    expect(await page.locator('html').getAttribute('lang')).to.equal('zh-CN')
    await page.reload()
    await page.getByRole('heading', { name: '用机构证书登录' }).waitFor()
    expect(faults).to.deep.equal([])
  })
})
