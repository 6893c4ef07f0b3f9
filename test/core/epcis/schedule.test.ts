import { expect } from 'chai'
import { fieldValues, nextTime, type Schedule } from '../../../core/epcis/schedule.ts'

const next = (schedule: Schedule, after: string) => nextTime(schedule, new Date(after))?.toISOString()

describe('the schedule of a subscription', () => {
  it('is once a day where only the hour is given, once an hour where the minute is', () => {
    expect(next({ hour: '1', minute: '5' }, '2026-11-23T01:05:00Z')).to.equal('2026-11-24T01:05:00.000Z')
    expect(next({ hour: '1' }, '2026-11-23T00:59:59.999Z')).to.equal('2026-11-23T01:00:00.000Z')
    expect(next({ minute: '0' }, '2026-11-23T01:00:00Z')).to.equal('2026-11-23T02:00:00.000Z')
    expect(next({ second: '*' }, '2026-11-23T01:00:00.500Z')).to.equal('2026-11-23T01:00:01.000Z')
    expect(next({ dayOfMonth: '1' }, '2026-11-23T01:00:00Z')).to.equal('2026-12-01T00:00:00.000Z')
    expect(next({ month: '2' }, '2026-11-23T01:00:00Z')).to.equal('2027-02-01T00:00:00.000Z')
  })

  it('has weeks that end on Sunday, and leap days', () => {
    expect(next({ dayOfWeek: '7' }, '2026-11-23T12:00:00Z')).to.equal('2026-11-29T00:00:00.000Z')
    expect(next({ dayOfWeek: '1' }, '2026-11-23T12:00:00Z')).to.equal('2026-11-30T00:00:00.000Z')
    expect(next({ dayOfMonth: '29', month: '2' }, '2026-11-23T00:00:00Z')).to.equal('2028-02-29T00:00:00.000Z')
  })

  it('takes lists and ranges, with and without brackets', () => {
    expect([...(fieldValues('hour', '1,3,[5-7]') ?? [])]).to.deep.equal([1, 3, 5, 6, 7])
    expect(next({ hour: '[9-17]', minute: '0,30' }, '2026-11-23T17:31:00Z')).to.equal('2026-11-24T09:00:00.000Z')
  })

  it('is refused where no time fits', () => {
    for (const text of ['', '60', '-1', '5-1', 'a', '1;2', '**', '1-']) {
      expect(fieldValues('minute', text), text).to.equal(undefined)
    }
    expect(next({ dayOfMonth: '30', month: '2' }, '2026-11-23T00:00:00Z')).to.equal(undefined)
    expect(next({}, '2026-11-23T00:00:00Z')).to.equal(undefined)
  })
})
