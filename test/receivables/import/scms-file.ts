import { existsSync, readFileSync } from 'node:fs'

const committed = new URL('../../../scripts/sample/data/scms-sample.csv', import.meta.url)
const published = new URL('../../../../shared/data/scms/SCMS_Delivery_History_Dataset.csv', import.meta.url)

export const sampleFile = (): string => readFileSync(committed, 'utf8')

/** The whole history where it is at hand: it is not part of the project. */
export const publishedFile = (): string | undefined =>
  existsSync(published) ? readFileSync(published, 'utf8') : undefined

const header = [
  'ID,Project Code,PO / SO #,ASN/DN #,Shipment Mode,PO Sent to Vendor Date,Scheduled Delivery Date',
  'Delivered to Client Date,Delivery Recorded Date,Vendor,Item Description,Unit of Measure (Per Pack)',
  'Line Item Quantity,Line Item Value,Pack Price',
].join(',')

const plain = {
  id: '1',
  programme: '116-ZA-T30',
  order: 'SO-1',
  shipment: 'DN-1',
  mode: 'Truck',
  orderedOn: '1-Jun-06',
  scheduledFor: '5-Jun-06',
  deliveredOn: '5-Jun-06',
  recordedOn: '6-Jun-06',
  vendor: 'PHARMACY DIRECT',
  description: 'HIV test',
  packSize: '25',
  quantity: '10',
  value: '125.50',
  packPrice: '12.55',
}

/** A file of lines that differ from a plain one in the given cells. */
export const scmsFile = (lines: readonly Partial<typeof plain>[], end = '\r'): string =>
  [header, ...lines.map((more, i) => Object.values({ ...plain, id: String(i + 1), ...more }).join(','))].join(end)
