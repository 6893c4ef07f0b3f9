import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { makeGtin } from '../../core/identifier/make.ts'
import { atTheBench, chooseShipment, clientOf, gtin, label, phone } from './bench.ts'
import { type Demonstration, demonstration, mustBeAccessible } from './support.ts'

const otherGtin = makeGtin('6901234', 90003)
const said = (page: Page) => page.locator('.verdict-box [role=status]')
const says = (page: Page, words: string) => said(page).getByText(words, { exact: false }).waitFor()

describe('scanning in the browser', function () {
  this.timeout(240_000)
  let demo: Demonstration

  before(async () => {
    demo = await demonstration()
  })

  it('takes scan after scan from a handheld scanner, and tells each verdict by word, tone and vibration', async () => {
    const { page, faults, scanner } = await atTheBench(demo)
    await listen(page)
    await scanner.scan(label(1))
    await says(page, '已计入')
    await scanner.scan(label(1))
    await says(page, '扫过了')
    await scanner.scan('(01)06901234900026(21)900020001')
    await says(page, '不是这一单：属于 DN-PO-2026-0001')
    await scanner.scan('(01)06901234900040(21)NOBODYS')
    await says(page, '所有发货单上都没有，也没有登记')
    await mustBeAccessible(page)
    await scanner.scan('NOT.A.CODE')
    await says(page, '不是标识')
    await page
      .getByText(/^已扫 1 \/ 应有 21$/)
      .first()
      .waitFor()
    const heard = await page.evaluate<{ tones: number[]; shakes: number[][] }>('heard')
    // One each; the register made one of them worse than it was, and that was told as well.
    expect(new Set(heard.shakes.map(String)).size, 'vibrations').to.equal(5)
    expect(heard.tones.length, 'tones').to.be.greaterThan(8)

    await page.getByRole('button', { name: '撤销上一次' }).click()
    await says(page, '已撤销')
    await page
      .getByText(/^已扫 0 \/ 应有 21$/)
      .first()
      .waitFor()
    expect(await noWiderThan(page, phone.width)).to.equal(true)
    expect(faults).to.deep.equal([])
  })

  it('reads a scanner whose keys an input method has, says that one is on, and leaves nothing in the field', async () => {
    const { page, faults, scanner } = await atTheBench(demo)
    const field = page.getByLabel('手工输入标识')
    await field.focus()
    await scanner.scanComposed(label(2))
    await says(page, '已计入')
    await said(page).getByText(label(2)).waitFor()
    await page.getByText('输入法正开着').waitFor()
    await page.waitForFunction(`document.querySelector('#codes').value === ''`)
    await mustBeAccessible(page)
    // Full width, as an input method types it by hand.
    await field.fill('（０１）06901234900040（21）900040003')
    await field.press('Enter')
    await said(page).getByText(label(3)).waitFor()
    expect(faults).to.deep.equal([])
  })

  it('reads a scanner that swallows separators, and asks where nothing tells', async () => {
    const { page, faults, scanner } = await atTheBench(demo)
    await scanner.scan(`01${gtin}10L7721900040004`)
    await says(page, '已计入')
    await scanner.scan(`01${gtin}10L772177`)
    await says(page, '扫码枪没有送出分隔符')
    await page.getByRole('button', { name: `(01)${gtin}(10)L77(21)77` }).click()
    await page.getByText('另有 1 件在发货单之外').waitFor()
    await mustBeAccessible(page)
    expect(faults).to.deep.equal([])
  })

  it('blocks what its maker has withdrawn', async () => {
    const { page, faults, scanner } = await atTheBench(demo)
    // Of a shipment that no other test scans.
    const recalled = `https://id.gs1.org/01/${otherGtin}/21/900030020`
    const body = { code: recalled, state: 'withdrawn', reason: '召回：批次不合格' }
    await (await clientOf(demo)).json('PUT', '/api/v1/identifiers/state', body)
    await page.getByRole('button', { name: '换一单' }).click()
    await chooseShipment(page, 'DN-PO-2026-0002')
    await scanner.scan(`(01)${otherGtin}(21)900030020`)
    await says(page, '停用，请勿收发：召回：批次不合格')
    await mustBeAccessible(page)
    expect(faults).to.deep.equal([])
  })
})

/** Real signals, heard on their way to the loudspeaker and the motor. */
const listen = (page: Page): Promise<void> =>
  page.evaluate(`{
    globalThis.heard = { tones: [], shakes: [] }
    const { start } = OscillatorNode.prototype
    OscillatorNode.prototype.start = function (at) {
      heard.tones.push(this.frequency.value)
      return start.call(this, at)
    }
    const vibrate = navigator.vibrate.bind(navigator)
    navigator.vibrate = pattern => {
      heard.shakes.push(pattern)
      return vibrate(pattern)
    }
  }`)

const noWiderThan = (page: Page, width: number): Promise<boolean> =>
  page.evaluate<boolean>(`document.documentElement.scrollWidth <= ${width}`)
