import { expect } from 'chai'
import { makeMachineKey } from '../support/parties.ts'
import { type Demonstration, demonstration, goTo, mustBeAccessible, signIn } from './support.ts'

const phone = { width: 360, height: 740 }

describe('what an organization has let others do, in the browser', function () {
  this.timeout(240_000)
  let demo: Demonstration
  before(async () => {
    demo = await demonstration()
  })

  it('is one click from a bank’s home: agreements with what may be seen, until when, and how often still', async () => {
    const { page, faults } = await signIn(demo, 'bank')
    await goTo(page, '数据授权')
    await page.getByRole('columnheader', { name: '提供哪些数据' }).waitFor()
    await page
      .getByText(/剩 \d+ 次/)
      .first()
      .waitFor()
    await mustBeAccessible(page)
    await page.getByText('全部', { exact: true }).click()
    await page
      .getByRole('button', { name: /^撤销给/ })
      .first()
      .waitFor()
    // What to do about it is on the screen of a desk without scrolling.
    const revoke = await page
      .getByRole('button', { name: /^撤销给/ })
      .first()
      .boundingBox()
    expect((revoke?.x ?? 0) + (revoke?.width ?? 0)).to.be.within(1, 1400)
    await page.setViewportSize(phone)
    await mustBeAccessible(page)
    expect(faults).to.deep.equal([])
  })

  it('are mandates of clerks, given and taken back under the organization’s certificate', async () => {
    const { page, faults } = await signIn(demo, 'bank')
    await goTo(page, '经办授权')
    await page.getByRole('button', { name: '新增授权' }).click()
    const { jwk } = await makeMachineKey()
    await page.getByLabel('姓名').fill('王敏')
    const key = page.getByLabel('经办人公钥（JWK，P-256）')
    await key.fill(JSON.stringify({ ...jwk, d: jwk.x }))
    await page.getByText('这里面有私钥。请只提供公钥，并更换这对密钥。').waitFor()
    await key.fill(JSON.stringify({ name: '王敏', jwk }))
    await page.getByRole('checkbox', { name: '决定融资申请' }).check()
    await page.getByLabel('单笔上限').fill('1,000,000.00')
    await mustBeAccessible(page)
    await page.getByRole('button', { name: '签名并授权' }).click()
    await page.getByText('授权已签名并记入日志。').waitFor()
    const row = page.getByRole('row').filter({ hasText: '王敏' }).first()
    await row.getByText('有效', { exact: true }).waitFor()
    await row.getByText(/1,000,000\.00/).waitFor()
    await row.getByRole('button', { name: '撤销王敏的授权' }).click()
    await page
      .getByRole('tooltip')
      .getByRole('button', { name: /撤\s*销/ })
      .click()
    await row.getByText('已撤销', { exact: true }).waitFor()
    await page.setViewportSize(phone)
    await mustBeAccessible(page)
    expect(faults).to.deep.equal([])
  })

  it('is where a bank has its pushes sent, under its certificate', async () => {
    const { page, faults } = await signIn(demo, 'bank')
    await goTo(page, '推送与签收')
    await page.getByText('尚未登记接收地址').waitFor()
    await mustBeAccessible(page)
    await page.getByLabel('新的接收地址（https）').fill('https://bank.example/push')
    await page.getByRole('button', { name: '签名并登记地址' }).click()
    await page.getByText('地址已登记，之后的推送发往这里。').waitFor()
    await page.getByText('https://bank.example/push', { exact: true }).waitFor()
    // That there was no address yet: the browser tells of the answer.
    expect(faults.filter(it => !it.includes('409'))).to.deep.equal([])
    await page.setViewportSize(phone)
    await mustBeAccessible(page)
  })
})
