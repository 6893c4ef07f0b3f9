import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { makeUscc } from '../../core/uscc.ts'
import { type Demonstration, demonstration, goTo, mustBeAccessible, openAt, signIn } from './support.ts'

describe('an invitation in the browser', function () {
  this.timeout(240_000)
  let demo: Demonstration
  const uscc = makeUscc('91440300708461288')

  before(async () => {
    demo = await demonstration()
  })

  it('is made by the operator, and lets an organization in that makes its key in its own page', async () => {
    const { page, faults } = await signIn(demo, 'market-operator')
    await goTo(page, '机构')
    await page.getByRole('button', { name: '邀请机构' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('统一社会信用代码').fill(uscc)
    await dialog.getByLabel('名称').fill('深圳受邀医疗')
    await dialog.getByLabel('角色').click()
    await page.getByTitle('流通企业', { exact: true }).click()
    await page.keyboard.press('Escape')
    await mustBeAccessible(page)
    await dialog.getByRole('button', { name: '生成邀请链接' }).click()
    await dialog.getByText('已为深圳受邀医疗生成邀请链接').waitFor()
    const link = (await dialog.locator('.code').first().textContent())?.trim() ?? ''
    expect(link).to.match(/\/console\/join#[\w-]{32}$/)
    expect(faults).to.deep.equal([])

    const invited = await openAt(demo, link)
    await invited.page.getByText('深圳受邀医疗').waitFor()
    expect(invited.page.url(), 'the code does not stay in the address').to.match(/\/console\/join$/)
    await invited.page.getByLabel('为证书文件设一个密码').fill('long enough')
    await invited.page.getByLabel('再输入一次').fill('another one')
    expect(await invited.page.getByRole('button', { name: '生成密钥并加入' }).isEnabled()).to.equal(false)
    await invited.page.getByLabel('再输入一次').fill('long enough')
    await mustBeAccessible(invited.page)
    const downloading = invited.page.waitForEvent('download')
    await invited.page.getByRole('button', { name: '生成密钥并加入' }).click()
    const download = await downloading
    expect(download.suggestedFilename()).to.equal(`${uscc}.p12`)
    await invited.page.getByText('已加入，证书文件已下载').waitFor()
    await mustBeAccessible(invited.page)
    const file = await download.path()
    await invited.page.getByRole('button', { name: '去登录' }).click()
    const buffer = await readFile(file)
    await invited.page.locator('input[type=file]').setInputFiles({ name: 'own.p12', mimeType: '', buffer })
    await invited.page.getByLabel('证书文件的密码').fill('long enough')
    await invited.page.getByRole('button', { name: '打开证书' }).click()
    await invited.page.getByText(uscc).waitFor()
    await invited.page.getByRole('button', { name: '登录', exact: true }).click()
    await invited.page.getByRole('button', { name: '退出' }).waitFor()
    expect(invited.faults).to.deep.equal([])

    const late = await openAt(demo, link)
    // The browser tells of the refusal, which is what is wanted here.
    await late.page.getByText('没有这份邀请：不存在、已使用、已撤回，或已过期').waitFor()
    await mustBeAccessible(late.page)
  })
})
