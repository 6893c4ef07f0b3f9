import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { type Demonstration, demonstration, mustBeAccessible, openPage } from './support.ts'

describe('an auditor in the browser', function () {
  this.timeout(240_000)
  let demo: Demonstration

  before(async () => {
    demo = await demonstration()
  })

  const open = async () => {
    const opened = await openPage(demo, demo.market)
    await opened.page.getByRole('link', { name: '离线核验证据包' }).click()
    await opened.page.getByRole('heading', { name: '离线核验证据包' }).waitFor()
    return opened
  }
  const choose = async (page: Page, bundle: string, withTrust: boolean) => {
    const files = page.locator('input[type=file]')
    await files.nth(0).setInputFiles({ name: 'bundle.json', mimeType: 'application/json', buffer: Buffer.from(bundle) })
    if (withTrust) await files.nth(1).setInputFiles(demo.trust)
  }
  const verdict = async (page: Page): Promise<string> => {
    await page.getByRole('button', { name: '开始核验' }).click()
    return (await page.locator('.verdict').textContent()) ?? ''
  }

  it('checks a bundle against a trust file without an account, and nothing is uploaded', async () => {
    const { page, faults } = await open()
    const sent: string[] = []
    page.on('request', request => request.method() !== 'GET' && sent.push(request.url()))
    await choose(page, await readFile(demo.bundle, 'utf8'), true)
    expect(await verdict(page)).to.match(/^核验通过/)
    await page.getByText('核验报告可重算一致').first().waitFor()
    await mustBeAccessible(page)
    expect(sent).to.deep.equal([])
    expect(faults).to.deep.equal([])
  })

  it('is told which step is false when one character was changed, also without a network', async () => {
    const { page, faults } = await open()
    const bundle = await readFile(demo.bundle, 'utf8')
    await choose(page, bundle, true)
    await verdict(page)
    await page.context().setOffline(true)
    const at = bundle.indexOf('"salt":"') + 10
    const changed = `${bundle.slice(0, at)}${bundle[at] === 'A' ? 'B' : 'A'}${bundle.slice(at + 1)}`
    await choose(page, changed, true)
    expect(await verdict(page)).to.match(/^核验不通过/)
    await page.getByRole('cell', { name: '节点封签完好' }).waitFor()
    expect(faults).to.deep.equal([])
  })

  it('gets no yes without trust settings of its own', async () => {
    const { page } = await open()
    await choose(page, await readFile(demo.bundle, 'utf8'), false)
    expect(await verdict(page)).to.match(/^未能判定.*仅自洽/)
  })
})
