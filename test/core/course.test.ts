import { expect } from 'chai'
import type { Bundle } from '../../core/bundle.ts'
import { type CourseStep, courseOf } from '../../core/course.ts'
import { pull } from '../exchange/complete.ts'
import { agreementOf } from '../exchange/parties.ts'
import { type Case, openScene, type Scene } from '../exchange/scene.ts'

describe('the course of a trade', () => {
  let scene: Scene

  before(async function () {
    this.timeout(60_000)
    scene = await openScene()
  })
  after(() => scene.close())

  const invoiceOf = ({ application }: Case): string => application.trades[0]?.invoice ?? ''
  const nameOf = (it: CourseStep): string =>
    it.what === 'document' ? it.kind : it.what === 'scan' ? `scan ${it.step}` : it.what

  it('leads from the order to the application, in the order of happening', async () => {
    const played = await scene.play()
    await scene.anchor()
    const steps = courseOf(await pull(scene, played), invoiceOf(played))
    expect(steps.map(nameOf)).to.deep.equal([
      'order',
      'despatch',
      'scan shipping',
      'scan departing',
      'scan receiving',
      'receipt',
      'invoice',
      'question',
      'answer',
      'application',
    ])
  })

  it('names who scanned, where, and by which device; a scan whose capture is not there has none', async () => {
    const played = await scene.play()
    await scene.anchor()
    const bundle = await pull(scene, played)
    const scans = (from: Pick<Bundle, 'records' | 'captures'>) =>
      courseOf(from, invoiceOf(played)).flatMap(it => (it.what === 'scan' ? [it] : []))
    const { seller, hospital } = scene.parties
    expect(scans(bundle).map(it => [it.by, it.device?.owner])).to.deep.equal([
      [seller.uscc, seller.uscc],
      [seller.uscc, seller.uscc],
      [hospital.uscc, hospital.uscc],
    ])
    const unsigned = bundle.records.map(({ capture: _, ...record }) => record)
    expect(scans({ ...bundle, records: unsigned }).map(it => it.device)).to.deep.equal([
      undefined,
      undefined,
      undefined,
    ])
  })

  it('shows nothing of another trade, and nothing of an invoice that is not there', async () => {
    const [first, second] = [await scene.play(), await scene.play()]
    await scene.anchor()
    const bundle = await pull(scene, first)
    expect(courseOf(bundle, invoiceOf(second))).to.deep.equal([])
    const all = courseOf(bundle, invoiceOf(first))
    const without = bundle.records.filter(({ index }) => !all.some(it => it.index === index))
    expect(courseOf({ ...bundle, records: without }, invoiceOf(first))).to.deep.equal([])
  })

  it('has no amount and no answer where the authorization carries none', async () => {
    const whole = agreementOf(scene.parties)
    const resources = whole.resources
      .filter(({ type }) => type !== 'confirmation')
      .map(it => (it.type === 'invoice' ? { ...it, fields: ['order', 'issueDate'] } : it))
    const played = await scene.play({ resources })
    await scene.anchor()
    const steps = courseOf(await pull(scene, played), invoiceOf(played))
    const invoice = steps.find(it => it.what === 'document' && it.kind === 'invoice')
    expect(invoice).to.include({ what: 'document', at: '2026-03-12' })
    expect(invoice).to.not.have.property('gross')
    expect(steps.map(nameOf)).to.not.include('answer')
  })
})
