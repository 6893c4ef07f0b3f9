import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { chromium, type Page } from 'playwright-core'
import { atTheBench, chooseShipment, clientOf, gtin, label, phone, serial } from './bench.ts'
import { scannerOf } from './scanner.ts'
import {
  browserOptions,
  type Demonstration,
  demonstration,
  enter,
  goTo,
  mustBeAccessible,
  temporaryFolder,
} from './support.ts'

const counted = (page: Page, of: number) =>
  page
    .getByText(new RegExp(`^已扫 ${of} / 应有 21$`))
    .first()
    .waitFor()
const handIn = (page: Page) => page.getByRole('button', { name: '签名并提交' }).click()
const taken = (page: Page, times: number) =>
  page
    .getByText('服务器已收')
    .nth(times - 1)
    .waitFor()

describe('scanning without a network', function () {
  this.timeout(240_000)
  let demo: Demonstration

  before(async () => {
    demo = await demonstration()
  })

  /** Scans of this serial at the node: what it holds, whatever a page shows. */
  const scansOf = async (n: number) => {
    const path = `/api/v1/scans?code=${encodeURIComponent(serial(n))}`
    const { scans } = (await (await clientOf(demo)).json('GET', path)) as {
      scans: { bizStep: string; codes: string[]; device: string }[]
    }
    // Beside the goods an event names its despatch advice.
    return scans
      .filter(it => it.bizStep === 'shipping')
      .map(it => ({ ...it, codes: it.codes.filter(code => code.includes('/21/')) }))
  }

  it('goes on offline, keeps the hand-ins in order, counts them on every page, and sends them when it is back', async () => {
    const { page, scanner } = await atTheBench(demo)
    const before = (await scansOf(11)).length
    await page.context().setOffline(true)
    await page.getByText('没有网络：照常扫码').waitFor()
    for (const n of [11, 12]) await scanner.scan(label(n))
    await counted(page, 2)
    await handIn(page)
    await page.getByText('已存在本机，联网后自动提交').first().waitFor()
    await counted(page, 0)
    await scanner.scan(label(13))
    await counted(page, 1)
    await handIn(page)
    await page.getByRole('link', { name: '离线 · 2 次待提交' }).waitFor()
    await mustBeAccessible(page)
    expect((await scansOf(11)).length).to.equal(before)

    await page.context().setOffline(false)
    await taken(page, 2)
    await page.getByText('没有网络：照常扫码').waitFor({ state: 'detached' })
    await page.getByText(/次待提交/).waitFor({ state: 'detached' })
    const [[first], [second]] = [await scansOf(11), await scansOf(13)]
    expect(first?.codes).to.deep.equal([serial(11), serial(12)])
    expect(second?.codes).to.deep.equal([serial(13)])
    expect((await scansOf(11)).length).to.equal(before + 1)
    expect(await numbersOf(await clientOf(demo), first?.device)).to.deep.equal({ latest: 2, missing: 0, repeats: [] })
  })

  it('has the other pages of its menu when the network goes', async () => {
    const { page } = await atTheBench(demo)
    // The last of the menu comes last.
    const fetched = `performance.getEntriesByType('resource').some(it => it.name.includes('/find-'))`
    while (!(await page.evaluate<boolean>(fetched))) await page.waitForTimeout(100)
    await page.waitForLoadState('networkidle')
    await page.context().setOffline(true)
    await page.setViewportSize({ width: 1280, height: 800 })
    await goTo(page, '发货与扫码')
    await page.getByRole('heading', { name: '发货与扫码' }).waitFor()
    await page.getByRole('button', { name: '退出' }).waitFor()
    await goTo(page, '扫码录入')
    await page.getByText('没有网络：照常扫码').waitFor()
  })

  it('counts once what it sent twice because the answer was lost', async () => {
    const { page, scanner } = await atTheBench(demo)
    const before = (await scansOf(14)).length
    let lost = 0
    await page.route('**/epcis/capture', async route => {
      if (lost++ > 0) return route.continue()
      await route.fetch()
      await route.abort()
    })
    await scanner.scan(label(14))
    await counted(page, 1)
    await handIn(page)
    await taken(page, 1)
    expect(lost).to.be.greaterThan(1)
    expect((await scansOf(14)).length).to.equal(before + 1)
  })

  it('shows what the server refuses, in words, and neither loses it nor sends it again by itself', async () => {
    const { page, scanner } = await atTheBench(demo)
    let sent = 0
    await page.route('**/epcis/capture', route => {
      sent++
      // As a device whose clock is wrong would be answered; the node is not asked.
      const problem = { code: 'DATE_IN_FUTURE', title: 'A date lies in the future', status: 400, detail: 'later' }
      return route.fulfill({ status: 400, contentType: 'application/problem+json', body: JSON.stringify(problem) })
    })
    await scanner.scan(label(15))
    await counted(page, 1)
    await handIn(page)
    await page.getByText('服务器拒收').waitFor()
    await mustBeAccessible(page)
    await page.waitForTimeout(6_000)
    expect(sent).to.equal(1)
    await page.unroute('**/epcis/capture')
    await page.getByRole('button', { name: '再次提交' }).click()
    await taken(page, 1)
  })

  it('loses nothing when the browser is killed: neither what lies on the bench nor what waits to be sent', async () => {
    const profile = await temporaryFolder('tallystick-profile-')
    const open = async () => {
      const context = await chromium.launchPersistentContext(profile, {
        ...browserOptions,
        ...{ viewport: phone, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', reducedMotion: 'reduce' },
      })
      const page = context.pages()[0] ?? (await context.newPage())
      page.setDefaultTimeout(30_000)
      await page.goto(`${demo.market}/console/`)
      await enter(page, demo, 'distributor')
      return { context, page }
    }
    const before = (await scansOf(16)).length
    const { context, page } = await open()
    await chooseShipment(page)
    const scanner = await scannerOf(page)
    await context.setOffline(true)
    await scanner.scan(label(16))
    await counted(page, 1)
    await handIn(page)
    await page.getByText('1 次待提交').waitFor()
    await scanner.scan(label(17))
    await scanner.scan(`(01)${gtin}(21)900040018`)
    await counted(page, 2)
    await kill(profile)

    const again = await open()
    await taken(again.page, 1)
    await chooseShipment(again.page)
    await again.page.getByText('已恢复本机上没有提交的 2 次扫码').waitFor()
    await counted(again.page, 2)
    await handIn(again.page)
    await taken(again.page, 2)
    await again.context.close()
    const [scan] = await scansOf(17)
    expect(scan?.codes).to.deep.equal([serial(17), serial(18)])
    expect((await scansOf(16)).length).to.equal(before + 1)
    expect(await numbersOf(await clientOf(demo), scan?.device)).to.deep.equal({ latest: 2, missing: 0, repeats: [] })
  })
})

const numbersOf = async (client: Awaited<ReturnType<typeof clientOf>>, device: string | undefined) => {
  const { items } = (await client.json('GET', '/api/v1/capture-sequences')) as {
    items: { device: string; latest: number; missing: number; repeats: string[] }[]
  }
  const { latest, missing, repeats } = items.find(it => it.device === device)!
  return { latest, missing, repeats }
}

/** As the power goes: every process of the browser that has this profile, without a word to any of them. */
const kill = async (profile: string): Promise<void> => {
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    const command = await readFile(join('/proc', pid, 'cmdline'), 'utf8').catch(() => '')
    if (!command.includes(profile) || !command.includes('chrom')) continue
    try {
      process.kill(Number(pid), 'SIGKILL')
    } catch {
      // A child of one that was killed a moment ago.
    }
  }
}
