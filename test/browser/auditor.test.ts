import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { type Demonstration, demonstration, mustBeAccessible, openAt, openPage } from './support.ts'

const built = join(import.meta.dirname, '..', '..', 'console', 'verifier', 'dist', 'verify.html')

describe('an auditor in the browser', function () {
  this.timeout(240_000)
  let demo: Demonstration
  let bundle: string

  before(async () => {
    demo = await demonstration()
    bundle = await readFile(demo.bundle, 'utf8')
  })

  const choose = async (page: Page, text: string, withTrust: boolean) => {
    const files = page.locator('input[type=file]')
    await files.nth(0).setInputFiles({ name: 'bundle.json', mimeType: 'application/json', buffer: Buffer.from(text) })
    if (withTrust) await files.nth(1).setInputFiles(demo.trust)
  }
  const verdict = async (page: Page): Promise<string> => {
    await page.getByRole('button', { name: '开始核验' }).click()
    return (await page.locator('.verdict .mark').textContent()) ?? ''
  }

  it('finds the verifier without an account, and nothing is uploaded', async () => {
    const { page: first } = await openPage(demo, demo.market)
    const opening = first.waitForEvent('popup')
    await first.getByRole('navigation').getByRole('link', { name: '离线核验证据包' }).click()
    const page = await opening
    await page.getByRole('heading', { name: '离线核验证据包' }).waitFor()
    const sent: string[] = []
    page.on('request', request => sent.push(request.url()))
    await choose(page, bundle, true)
    expect(await verdict(page)).to.match(/核验通过/)
    await page.getByText('核验报告可重算一致').waitFor()
    await page.getByRole('table', { name: '报告中的应收账款' }).waitFor()
    // What each step says is in the reader's language, too.
    expect(await page.locator('li .detail[lang=en]').allTextContents()).to.deep.equal([])
    await page.getByRole('button', { name: 'English' }).click()
    await page.getByText('sealed by the node as it is').first().waitFor({ state: 'attached' })
    await page.getByRole('button', { name: '中文' }).click()
    await page.getByText('与节点封签时完全一致').first().waitFor({ state: 'attached' })
    await mustBeAccessible(page)
    expect(sent).to.deep.equal([])
  })

  it('opens the same file from a disk without a network', async () => {
    const served = await (await fetch(`${demo.market}/verify`)).text()
    expect(served).to.equal(await readFile(built, 'utf8'))
    expect(Buffer.byteLength(served)).to.be.lessThan(1_000_000)
    const copy = join(demo.dataDir, 'verify.html')
    await writeFile(copy, served)
    const { page, faults } = await openAt(demo, pathToFileURL(copy).href)
    await page.context().setOffline(true)
    await choose(page, bundle, true)
    expect(await verdict(page)).to.match(/核验通过/)
    expect(faults).to.deep.equal([])
  })

  it('lets one script run by its hash, and no other, and reaches nobody', async () => {
    const { headers } = await fetch(`${demo.market}/verify`)
    const script = /<script type="module"[^>]*>([\s\S]*?)<\/script>/.exec(await readFile(built, 'utf8'))?.[1] ?? ''
    const hash = createHash('sha256').update(script).digest('base64')
    const policy = headers.get('content-security-policy')
    expect(policy).to.match(/^default-src 'none'; /)
    expect(policy).to.include(`script-src 'sha256-${hash}';`)
    expect(policy).to.include("frame-ancestors 'none'")
    const { page } = await openAt(demo, `${demo.market}/verify`)
    const reached = await page.evaluate(() => fetch('/healthz').then(({ status }) => status, String))
    expect(reached).to.match(/Failed to fetch/)
  })

  it('is told which step is false, whatever part of the bundle was changed', async () => {
    const { page, faults } = await openAt(demo, `${demo.market}/verify`)
    const parts = Object.keys(JSON.parse(bundle) as object)
    expect(parts).to.include.members([
      'records',
      'captures',
      'checkpoint',
      'anchors',
      'heads',
      'policy',
      'report',
      'seal',
    ])
    for (const part of parts) {
      await choose(page, changedIn(bundle, part), true)
      expect(await verdict(page), part).to.match(/核验不通过/)
      expect(await page.locator('details[open] .mark.false').count(), part).to.be.greaterThan(0)
    }
    expect(faults).to.deep.equal([])
  })

  it('gets no yes without trust settings of its own', async () => {
    const { page } = await openAt(demo, `${demo.market}/verify`)
    await choose(page, bundle, false)
    expect(await verdict(page)).to.match(/未能判定.*仅自洽/)
  })

  it('is told in words what is wrong with a file or an instant that can not be used', async () => {
    const { page } = await openAt(demo, `${demo.market}/verify`)
    const files = page.locator('input[type=file]')
    const picture = { name: 'bundle.json', mimeType: 'image/png', buffer: Buffer.from([0x89, 0x50, 0xff, 0xfe]) }
    await files.nth(0).setInputFiles(picture)
    await page.getByRole('alert').getByText('不是 UTF-8 文本').waitFor()
    await choose(page, bundle, false)
    await files.nth(1).setInputFiles({ name: 'trust.json', mimeType: 'application/json', buffer: Buffer.from('{}') })
    await page.getByRole('button', { name: '开始核验' }).click()
    await page.getByRole('alert').getByText('信任设置无法使用').waitFor()
    await files.nth(1).setInputFiles(demo.trust)
    await page.getByText('更多设置').click()
    await page.getByLabel('核验时点').fill('昨天')
    await page.getByRole('button', { name: '开始核验' }).click()
    await page.getByRole('alert').getByText('核验时点应写作').waitFor()
    expect(await page.locator('.verdict').count()).to.equal(0)
  })

  it('finds by its hash what it was told of elsewhere, and copies what was found', async () => {
    const { page } = await openAt(demo, `${demo.market}/verify`)
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await choose(page, bundle, true)
    await verdict(page)
    const { application } = JSON.parse(bundle) as { application: { invoices: string[] } }
    const find = async (hash: string) => {
      await page.getByLabel(/^粘贴记录承诺/).fill(hash)
      await page.getByLabel(/^粘贴记录承诺/).press('Enter')
    }
    await find(application.invoices[0]!)
    await page.getByText(/这是日志第 \d+ 号记录（单据）/).waitFor()
    await find(createHash('sha256').update(bundle).digest('base64url'))
    await page.getByText('这是证据包文件本身的 SHA-256').waitFor()
    await find('00'.repeat(32))
    await page.getByText('证据包中没有这个哈希').waitFor()
    await find('abc')
    await page.getByText('这不是 32 字节的哈希').waitFor()
    await page.getByRole('button', { name: '复制全部结果' }).click()
    await page.getByRole('button', { name: '已复制' }).waitFor()
    const copied = await page.evaluate<string>('navigator.clipboard.readText()')
    expect(copied).to.match(/^bundle\.json\tSHA-256 [0-9a-f]{64}\n核验通过/)
    expect(copied.split('\n').length).to.be.greaterThan(20)
  })
})

/** The same file with one letter or digit of the part replaced, so that it is still JSON. */
const changedIn = (bundle: string, part: string): string => {
  const value = JSON.stringify((JSON.parse(bundle) as Record<string, unknown>)[part])
  const at = bundle.indexOf(`"${part}":${value}`) + part.length + 3
  expect(at, part).to.be.greaterThan(part.length + 2)
  const end = at + value.length
  // In the middle of what the part says, not in the name of a member.
  const middle = [...bundle.slice(at, end).matchAll(/[A-Za-z0-9]{6}(?=[A-Za-z0-9_-]*(?:"[,\]}]|"$|[,\]}]|$))/g)]
  const place = at + (middle[middle.length >> 1]?.index ?? 0)
  const digit = bundle[place] === '1' ? '2' : '1'
  return `${bundle.slice(0, place)}${digit}${bundle.slice(place + 1)}`
}
