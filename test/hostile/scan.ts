import { places } from '../../scripts/sample/cast.ts'

/** An event that is right in all respects: whatever is refused is refused for what `over` says. */
export const scan = (over: object = {}) => ({
  type: 'ObjectEvent',
  action: 'OBSERVE',
  eventTime: new Date().toISOString(),
  eventTimeZoneOffset: '+08:00',
  bizStep: 'shipping',
  readPoint: { id: places.distributor },
  epcList: ['https://id.gs1.org/00/069012340000000012'],
  ...over,
})
