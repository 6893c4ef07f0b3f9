import type { Code } from './code.ts'

/** What kind of thing a code names. */
export type Level =
  | 'item'
  | 'variant'
  | 'lot'
  | 'instance'
  | 'logistic-unit'
  | 'location'
  | 'sublocation'
  | 'party'
  | 'document'
  | 'coupon'
  | 'consignment'
  | 'shipment'
  | 'asset'
  | 'component'
  | 'model'
  | 'service'
  | 'payment'
  | 'facility'
  | 'handle'

const levels: Readonly<Record<string, Level>> = {
  '00': 'logistic-unit',
  '01': 'item',
  '10': 'lot',
  '21': 'instance',
  '22': 'variant',
  '235': 'instance',
  '253': 'document',
  '254': 'sublocation',
  '255': 'coupon',
  '401': 'consignment',
  '402': 'shipment',
  '414': 'location',
  '415': 'payment',
  '417': 'party',
  '7040': 'facility',
  '8003': 'asset',
  '8004': 'asset',
  '8006': 'item',
  '8010': 'component',
  '8011': 'instance',
  '8013': 'model',
  '8017': 'service',
  '8018': 'service',
  '8019': 'service',
  '8020': 'payment',
}

/** The level of the last qualifier: a GTIN with lot and serial is an instance, with a lot alone a lot. */
export const levelOf = (code: Code): Level => {
  if (code.scheme === 'handle') return 'handle'
  const last = code.path.at(-1)?.ai ?? ''
  const level = levels[last]
  if (level === undefined) throw new TypeError(`(${last}) has no level`)
  return level
}
