import { strToU8, zipSync } from 'fflate'

const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const rels = (...targets: readonly (readonly [id: string, type: string, target: string])[]) =>
  `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${targets
    .map(([id, type, target]) => `<Relationship Id="${id}" Type="${office}/${type}" Target="${target}"/>`)
    .join('')}</Relationships>`

export type Parts = {
  /** Content of `worksheet`. */
  readonly sheet: string
  readonly strings?: string
  readonly styles?: string
  readonly sheets?: string
  readonly properties?: string
  /** Of further files, or instead of those made here. */
  readonly files?: Readonly<Record<string, string>>
}

/** A workbook written by hand, so that it can hold what no library would write. */
export const workbook = ({
  sheet,
  strings = '',
  styles = '',
  sheets,
  properties = '',
  files = {},
}: Parts): Uint8Array =>
  zipSync(
    Object.fromEntries(
      Object.entries({
        '_rels/.rels': rels(['rId1', 'officeDocument', 'xl/workbook.xml']),
        'xl/workbook.xml': `<workbook xmlns="${main}" xmlns:r="${office}">${properties}<sheets>${
          sheets ?? '<sheet name="单据" sheetId="1" r:id="rId1"/>'
        }</sheets></workbook>`,
        'xl/_rels/workbook.xml.rels': rels(
          ['rId1', 'worksheet', 'worksheets/sheet1.xml'],
          ['rId2', 'sharedStrings', 'sharedStrings.xml'],
          ['rId3', 'styles', '/xl/styles.xml'],
        ),
        'xl/sharedStrings.xml': `<sst xmlns="${main}">${strings}</sst>`,
        'xl/styles.xml': `<styleSheet xmlns="${main}">${styles}</styleSheet>`,
        'xl/worksheets/sheet1.xml': `<worksheet xmlns="${main}">${sheet}</worksheet>`,
        ...files,
      }).map(([name, text]) => [name, strToU8(text)]),
    ),
  )

/** Cells of text by row, as inline strings. */
export const textRows = (rows: readonly (readonly string[])[]): string =>
  `<sheetData>${rows
    .map(cells => `<row>${cells.map(text => `<c t="inlineStr"><is><t>${escaped(text)}</t></is></c>`).join('')}</row>`)
    .join('')}</sheetData>`

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
