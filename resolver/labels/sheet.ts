import { Refusal } from '../../core/errors.ts'
import { type Box, drawLabel, escapeXml, moduleIn, moduleSize, svg } from './label.ts'
import type { Symbol2d } from './symbol.ts'

/** Sheets of labels as they are sold, in millimetres; `roll` is a page a label, for thermal printers. */
export const sheets = {
  'a4-3x8': { page: [210, 297], label: [70, 37.125], columns: 3, rows: 8, margin: [0, 0], pitch: [70, 37.125] },
  'a4-5x13': { page: [210, 297], label: [38.1, 21.2], columns: 5, rows: 13, margin: [4.75, 10.7], pitch: [40.6, 21.2] },
  'roll-60x40': { page: [60, 40], label: [60, 40], columns: 1, rows: 1, margin: [0, 0], pitch: [60, 40] },
  'roll-100x60': { page: [100, 60], label: [100, 60], columns: 1, rows: 1, margin: [0, 0], pitch: [100, 60] },
} as const satisfies Record<string, Sheet>
export type SheetName = keyof typeof sheets
export const sheetNames = Object.keys(sheets) as [SheetName, ...SheetName[]]

type Pair = readonly [horizontal: number, vertical: number]
type Sheet = {
  readonly page: Pair
  readonly label: Pair
  readonly columns: number
  readonly rows: number
  readonly margin: Pair
  readonly pitch: Pair
}

/** Blank inside the edge of each label: cutters and feeds are off by as much. */
const EDGE = 2

/**
 * An HTML document that prints as sheets, labels in the order of the symbols. Refusal LABEL_IMPOSSIBLE when a symbol
 * would have modules too small to scan on labels of this size.
 */
export function sheetDocument(symbols: readonly Symbol2d[], name: SheetName, module: number): string {
  const sheet: Sheet = sheets[name]
  const [width, height] = sheet.page
  const perPage = sheet.columns * sheet.rows
  const pages: string[] = []
  for (let first = 0; first < symbols.length; first += perPage) {
    const labels = symbols.slice(first, first + perPage).map((symbol, i) => {
      const box = boxOf(sheet, i)
      if (moduleIn(symbol, box, module) < moduleSize.least) {
        throw new Refusal('LABEL_IMPOSSIBLE', `${symbol.lines.join(' ')} does not fit on labels of ${name}`)
      }
      return drawLabel(symbol, box, module)
    })
    pages.push(svg({ x: 0, y: 0, width, height }, labels.join('')))
  }
  const style = `@page{size:${width}mm ${height}mm;margin:0}body{margin:0}svg{display:block}body>svg{break-after:page}`
  return `<!doctype html><html lang="zh"><meta charset="utf-8"><title>${escapeXml(name)} · ${symbols.length}</title><style>${style}</style>${pages.join('')}</html>`
}

const boxOf = ({ label, columns, margin, pitch }: Sheet, i: number): Box => ({
  x: margin[0] + (i % columns) * pitch[0] + EDGE,
  y: margin[1] + Math.floor(i / columns) * pitch[1] + EDGE,
  width: label[0] - 2 * EDGE,
  height: label[1] - 2 * EDGE,
})
