import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { base64 } from '../../core/bytes.ts'
import { listAnchors } from '../../ledger/contract.ts'
import { type Demonstration, demonstration, goTo, mustBeAccessible, openAt, openPage, signIn } from './support.ts'

describe('search and proofs in the browser', function () {
  this.timeout(240_000)
  let demo: Demonstration
  let invoice: string

  before(async () => {
    demo = await demonstration()
    const bundle = JSON.parse(await readFile(demo.bundle, 'utf8')) as { application: { invoices: [string] } }
    invoice = bundle.application.invoices[0]
  })

  const search = async (page: Page, text: string) => {
    await page.getByLabel('要查什么').fill(text)
    await page.getByRole('button', { name: '查询' }).click()
  }
  const anchors = async () => {
    const response = await fetch(`${demo.market}/log/anchors?order=newest`)
    return listAnchors.reply.schema.parse(await response.json()).anchors
  }

  it('leads anybody, without an account, from a commitment to its entry and a proof that was recomputed', async () => {
    const { page, faults } = await openPage(demo, demo.market)
    await page.getByRole('navigation').getByRole('link', { name: '查询' }).click()
    await search(page, invoice)
    await page.getByText('登录后可查证书和机构。').waitFor()
    await mustBeAccessible(page)
    await page.getByRole('link', { name: /^这是第 \d+ 号记录的承诺$/ }).click()
    await page.getByText('证明成立：由叶哈希算出的根与已签名的头一致').waitFor()
    await page.getByRole('img', { name: /^从第 \d+ 号记录的叶到根/ }).waitFor()
    await page.getByText('用文字表示').click()
    const steps = await page.getByRole('region', { name: '用文字表示' }).getByRole('row').count()
    expect(steps - 1).to.equal(await page.locator('.proof-given').count())
    await mustBeAccessible(page)
    expect(faults).to.deep.equal([])
  })

  it('opens what was found by its address alone, in English and on a phone', async () => {
    const { page, faults } = await openAt(demo, `${demo.market}/console/find?q=0x${invoice.toUpperCase()}`, 'en-US')
    await page.setViewportSize({ width: 360, height: 800 })
    await page.getByRole('link', { name: /This is the commitment of entry/ }).click()
    await page.getByText('The proof holds: the leaf leads to the root of the signed head').waitFor()
    const address = page.url()
    await page.reload()
    await page.getByText('The proof holds').waitFor()
    expect(page.url()).to.equal(address)
    const overflow = await page.evaluate<number>(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    )
    expect(overflow).to.equal(0)
    await mustBeAccessible(page)
    expect(faults).to.deep.equal([])
  })

  it('tells what else a hash may be, and what is in no log', async () => {
    const { page, faults } = await openAt(demo, `${demo.market}/console/find`)
    const [newest] = await anchors()
    expect(newest).to.not.equal(undefined)
    const { size = '', root = '', transaction = '', blockHash = '', blockNumber = '' } = newest ?? {}
    await search(page, root)
    await page.getByRole('link', { name: `这是日志到第 ${size} 条时的根` }).waitFor()
    for (const hash of [transaction, blockHash]) {
      await search(page, hash)
      await page.getByRole('link', { name: `这是 ${size} 条时的上链锚定（区块 ${blockNumber}）` }).waitFor()
    }
    await search(page, base64(new Uint8Array(32)))
    await page.getByText('日志里没有这个哈希。').waitFor()
    await search(page, '99999999')
    await page.getByText(/^日志目前有 \d+ 条记录，还没有这一条。$/).waitFor()
    await search(page, '这是什么')
    await page.getByText('请检查是否少了字符').waitFor()
    expect(faults).to.deep.equal([])
  })

  it('draws how each anchored head extends the one before it', async () => {
    const { page, faults } = await openAt(demo, `${demo.market}/console/log`)
    await page.getByRole('img', { name: /^条目数随时间的变化/ }).waitFor()
    await page.getByRole('table', { name: '' }).first().waitFor()
    await mustBeAccessible(page)
    const link = page.getByRole('link', { name: /^从 \d+ 条到 \d+ 条$/ }).first()
    const title = (await link.textContent()) ?? ''
    await link.click()
    await page.getByRole('heading', { name: title }).waitFor()
    await page.getByText('证明成立：后一个头延续了前一个头').waitFor()
    await page.getByRole('img', { name: /条的根共 \d+ 步/ }).waitFor()
    await mustBeAccessible(page)
    await page.getByLabel('旧的条目数').fill('9')
    await page.getByLabel('新的条目数').fill('5')
    await page.getByRole('button', { name: '显示证明' }).click()
    await page.getByText('请填写两个条目数').waitFor()
    expect(faults).to.deep.equal([])
  })

  it('shows an auditor certificates and organizations, and what a code has been', async () => {
    const { page, faults } = await signIn(demo, 'auditor')
    await goTo(page, '查询')
    const pem = await readFile(join(demo.dataDir, 'parties', 'bank', 'chain.pem'), 'utf8')
    const { serialNumber, fingerprint256 } = new X509Certificate(pem)
    for (const text of [pem, serialNumber, fingerprint256]) {
      await search(page, text)
      await page.getByText('示范银行（演示）').waitFor()
      await page.getByText('有效', { exact: true }).waitFor()
    }
    await search(page, '91440300MA5EXAMP00')
    await page.getByText('请检查是否少了字符').waitFor()
    await mustBeAccessible(page)
    expect(faults).to.deep.equal([])
  })

  it('tells a supplier what its code has been, with the place of each change in the log', async () => {
    const { page, faults } = await signIn(demo, 'distributor')
    await goTo(page, '单据')
    await page.getByRole('main').getByRole('row').getByRole('link').first().click()
    const code = (await page.locator('.ant-table .code').first().getAttribute('title')) ?? ''
    await goTo(page, '查询')
    // Of a lot, the item itself is what is registered.
    await search(page, code.replace(/\/10\/.*/, ''))
    const row = page.getByRole('row').filter({ hasText: /已登记|使用中/ })
    await row.first().waitFor()
    await mustBeAccessible(page)
    await row.first().getByRole('link').click()
    await page.getByText('本机构可见的信息').waitFor()
    await page.getByText('标识登记', { exact: true }).waitFor()
    expect(faults).to.deep.equal([])
  })
})
