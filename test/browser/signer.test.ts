import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect } from 'chai'
import { type Demonstration, demonstration, goTo, mustBeAccessible, openPage } from './support.ts'

describe('a signer beside the console', function () {
  this.timeout(240_000)
  let demo: Demonstration
  let signer: ChildProcess
  let said = ''

  before(async () => {
    demo = await demonstration()
    const script = new URL('../../scripts/tallystick.ts', import.meta.url).pathname
    const folder = join(demo.dataDir, 'parties', 'distributor')
    signer = spawn(process.execPath, [
      ...['--disable-warning=ExperimentalWarning', script],
      ...['signer', '--as', folder, '--for', demo.market],
    ])
    signer.stdout?.on('data', chunk => {
      said += chunk
    })
  })
  after(async () => {
    signer.kill('SIGTERM')
    if (signer.exitCode === null) await once(signer, 'exit')
  })

  const heard = async (what: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = what.exec(said)
      if (found) return found
      await new Promise(done => setTimeout(done, 50))
    }
  }

  it('signs in and signs acts with a key that the page never has, after showing each', async () => {
    const [, code = ''] = await heard(/code (\S+) /)
    const { page, faults } = await openPage(demo, demo.market)
    await page.getByRole('tab', { name: '签名助手（UKey）' }).click()
    await page.getByLabel('签名助手显示的配对码').fill('wrong')
    await page.getByRole('button', { name: '打开证书' }).click()
    await page.getByText('配对码不对，或签名助手是为别的地址启动的。').waitFor()
    await mustBeAccessible(page)
    // The browser tells of the refused request, as it should.
    faults.length = 0
    await page.getByLabel('签名助手显示的配对码').fill(code)
    await page.getByRole('button', { name: '打开证书' }).click()
    await page.getByText('PHARMACY DIRECT（演示流通企业）').waitFor()
    await page.getByRole('button', { name: '登录', exact: true }).click()
    await heard(/== 登录 · sign in/)
    signer.stdin?.write('yes\n')
    await page.getByRole('button', { name: '退出' }).waitFor()

    await goTo(page, '发票与确认')
    const asking = page.getByRole('button', { name: /^请求确认 INV-/ }).last()
    await asking.click()
    said = ''
    await page.getByRole('dialog').getByRole('button', { name: '请求确认' }).click()
    await heard(/== 请求确认应收账款 · question about an invoice/)
    signer.stdin?.write('no\n')
    await page.getByText('the clerk said no').first().waitFor()
    // To the signer alone, as the page's policy lets it.
    const toSigner = /^left the node: http:\/\/127\.0\.0\.1:7825\/(?:identity|signatures)$/
    expect(faults.filter(it => !toSigner.test(it) && !it.includes('422'))).to.deep.equal([])
  })
})
