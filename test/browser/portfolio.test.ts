import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { type Demonstration, demonstration, goTo, mustBeAccessible, signIn } from './support.ts'

const dist = join(import.meta.dirname, '..', '..', 'console', 'dist')

/** Bytes of the programs and styles that came, as gzip makes them. */
const weightOf = async (names: Iterable<string>): Promise<number> => {
  const files = await Promise.all([...names].map(name => readFile(join(dist, 'assets', name))))
  return files.reduce((sum, file) => sum + gzipSync(file).length, 0)
}

describe('a bank’s portfolio in the browser', function () {
  this.timeout(240_000)
  let demo: Demonstration

  before(async () => {
    demo = await demonstration()
  })

  /** Names of the console's own files as they are asked for. */
  const loaded = (page: Page): ReadonlySet<string> => {
    const names = new Set<string>()
    page.on('response', response => {
      const name = /\/console\/assets\/([^/?]+)$/.exec(response.url())?.[1]
      if (name !== undefined) names.add(name)
    })
    return names
  }

  it('shows what is held, how old, of whom, and each of the five steps with its numbers', async () => {
    const { page, faults } = await signIn(demo, 'bank')
    await goTo(page, '资产组合')
    await page.getByRole('heading', { name: 'CNY' }).waitFor()
    const step = (name: string) => page.getByRole('row').filter({ hasText: name })
    // Of the last column; how much it is depends on what others of this world have financed by then.
    const amountOf = async (name: string) => {
      const text = (await step(name).getByRole('cell').last().textContent()) ?? ''
      const [, amount] = /^CNY ([\d,]+\.\d\d)$/.exec(text) ?? []
      expect(amount, `${name}: ${text}`).not.to.equal(undefined)
      return Number(amount?.replaceAll(/[,.]/g, ''))
    }
    await step('1 合格金额').waitFor()
    const [eligible, younger, spread, advance, available] = [
      await amountOf('1 合格金额'),
      await amountOf('2 交叉账龄'),
      await amountOf('3 集中度'),
      await amountOf('4 冲减'),
      await amountOf('5 额度'),
    ]
    expect(eligible).to.be.at.least(1_803_480)
    expect([younger, spread]).to.deep.equal([eligible, eligible])
    expect(advance).to.equal(Math.floor(spread * 0.8))
    expect(available).to.equal(0)
    await page.getByRole('row').filter({ hasText: 'CNY 18,034.80' }).first().waitFor()
    await page.getByRole('img', { name: '账龄柱状图（CNY），数据见旁边的表' }).locator('svg').waitFor()
    await page.getByRole('row').filter({ hasText: '广东省示范医院（演示）' }).first().waitFor()
    await mustBeAccessible(page)
    await page.getByRole('button', { name: 'English' }).click()
    await page.getByText('Availability in five steps').waitFor()
    await page.setViewportSize({ width: 360, height: 740 })
    await page.waitForFunction('document.documentElement.scrollWidth <= innerWidth')
    await mustBeAccessible(page)
    expect(faults).to.deep.equal([])
  })

  it('brings what draws charts only when a chart is looked at, and a home in 600 KB', async () => {
    const { page } = await signIn(demo, 'bank')
    const names = loaded(page)
    await page.reload()
    await page.getByRole('heading', { name: '用机构证书登录' }).waitFor()
    // Signing in brings the reader of key files; what a home needs is there before.
    expect(await weightOf(names)).to.be.within(200_000, 600_000)
    expect([...names].filter(name => name.startsWith('chart-'))).to.deep.equal([])
    const again = await signIn(demo, 'bank')
    const later = loaded(again.page)
    await goTo(again.page, '资产组合')
    await again.page
      .getByRole('img', { name: /柱状图/ })
      .first()
      .locator('svg')
      .waitFor()
    expect([...later].filter(name => name.startsWith('chart-'))).to.have.lengthOf(1)
  })

  it('keeps its tables where the chart can not be fetched', async () => {
    const { page } = await signIn(demo, 'bank')
    await page.route('**/assets/chart-*', route => route.abort())
    await goTo(page, '资产组合')
    await page.getByText('图表没有载入，数据见表。').first().waitFor()
    await page.getByRole('row').filter({ hasText: '未到期' }).first().waitFor()
  })

  it('says that nothing is held yet, and lets a bank set its own policy after it has seen what changes', async () => {
    const { page, faults } = await signIn(demo, 'otherBank')
    await goTo(page, '资产组合')
    await page.getByText('本行还没有登记占用的应收账款').waitFor()
    await page.getByRole('link', { name: '查看或修改政策' }).click()
    await page.getByText('现行的是演示政策（版本 0）').waitFor()
    await page.getByLabel('基准融资比例 a0（%）').fill('101')
    await page.getByRole('button', { name: '核对改动' }).click()
    await page.getByText('请填写合适的数字').waitFor()
    await page.getByLabel('基准融资比例 a0（%）').fill('75.5')
    await page.getByLabel('设定授信额度').check()
    await page.getByLabel('额度上限').fill('1,000,000.00')
    await page.getByRole('button', { name: '核对改动' }).click()
    const change = page.getByRole('row').filter({ hasText: '基准融资比例 a0（%）' })
    await change.getByText('75.5 %', { exact: true }).waitFor()
    await page.getByRole('row').filter({ hasText: '额度上限' }).getByText('CNY 1,000,000.00').waitFor()
    await mustBeAccessible(page)
    // What is changed after the review is reviewed anew before it can be signed.
    await page.getByLabel('开票最长天数').fill('150')
    expect(await page.getByRole('button', { name: /^签名并启用/ }).count()).to.equal(0)
    await page.getByRole('button', { name: '核对改动' }).click()
    await page.getByRole('button', { name: '签名并启用版本 1' }).click()
    await page.getByText('版本 1 已签名并启用。').waitFor()
    await page.getByText('现行版本 1').waitFor()
    expect(await page.getByLabel('基准融资比例 a0（%）').inputValue()).to.equal('75.5')
    await page.getByRole('cell', { name: '首个版本' }).first().waitFor()
    expect(faults).to.deep.equal([])
  })
})
