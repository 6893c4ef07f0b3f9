import type { Symbol2d } from './symbol.ts'

/** Millimetres, from the upper left corner of what the label is drawn on. */
export type Box = { readonly x: number; readonly y: number; readonly width: number; readonly height: number }

/** The least and the usual size of a module: General Specifications 5.12, healthcare items that are scanned by hand. */
export const moduleSize = { least: 0.254, usual: 0.5, most: 2 }

/** Of a line of text, in millimetres: 2 mm letters can be read at arm's length. */
const LINE = 2.8
const LETTER = 2.2

/** The label at its natural size, as a document of its own. */
export function labelDocument(symbol: Symbol2d, module: number, title: string): string {
  const side = (symbol.side + 2 * symbol.quiet) * module
  const longest = Math.max(...symbol.lines.map(line => line.length))
  const box = {
    x: 0,
    y: 0,
    width: Math.max(side, longest * LETTER * 0.62),
    height: side + symbol.lines.length * LINE + 1,
  }
  return svg(box, `<title>${escapeXml(title)}</title>${drawLabel(symbol, box, module)}`)
}

/** The symbol above its text, in the middle of the box; smaller modules where the box is too small for those asked for. */
export function drawLabel(symbol: Symbol2d, box: Box, module: number): string {
  const modules = symbol.side + 2 * symbol.quiet
  const text = symbol.lines.length * LINE
  const size = Math.min(module, (box.height - text) / modules, box.width / modules)
  const side = symbol.side * size
  const top = box.y + Math.max(0, (box.height - text - modules * size) / 2) + symbol.quiet * size
  const left = box.x + (box.width - side) / 2
  const square = `x="${mm(left)}" y="${mm(top)}" width="${mm(side)}" height="${mm(side)}"`
  const baseline = top + side + symbol.quiet * size
  const lines = symbol.lines.map((line, i) => {
    // Long ones are squeezed rather than cut: what can't be scanned must be read.
    const wide = line.length * LETTER * 0.62 > box.width - 1
    const squeezed = wide ? ` textLength="${mm(box.width - 1)}" lengthAdjust="spacingAndGlyphs"` : ''
    const place = `x="${mm(box.x + box.width / 2)}" y="${mm(baseline + (i + 0.8) * LINE)}"`
    return `<text ${place} font-size="${LETTER}" font-family="monospace" text-anchor="middle"${squeezed}>${escapeXml(line)}</text>`
  })
  return symbol.svg.replace('<svg ', `<svg ${square} shape-rendering="crispEdges" `) + lines.join('')
}

/** The size a module has in this box, in millimetres. */
export const moduleIn = (symbol: Symbol2d, { width, height }: Box, module: number): number => {
  const modules = symbol.side + 2 * symbol.quiet
  return Math.min(module, (height - symbol.lines.length * LINE) / modules, width / modules)
}

export const svg = ({ width, height }: Box, content: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${mm(width)}mm" height="${mm(height)}mm" viewBox="0 0 ${mm(width)} ${mm(height)}">${content}</svg>`

export const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

const mm = (length: number): string => String(Math.round(length * 1000) / 1000)
