import { toSVG } from 'bwip-js/node'
import { Refusal } from '../../core/errors.ts'
import { type Element, findAi } from '../../core/identifier/ai.ts'
import { type ParsedCode, pathOf } from '../../core/identifier/code.ts'
import { encode } from '../../core/identifier/digital-link.ts'
import { formatElementString } from '../../core/identifier/element-string.ts'

export const symbologies = ['gs1-datamatrix', 'qr'] as const
export type Symbology = (typeof symbologies)[number]

/** What is printed: a square of modules without its quiet zone, and what it says to people. */
export type Symbol2d = {
  /** An `<svg>` element of one unit a module, without size or place. */
  readonly svg: string
  /** Modules a side. */
  readonly side: number
  /** Modules that must stay blank on each side (GS1 General Specifications 5.6.3, 5.7.3). */
  readonly quiet: number
  /** Human-readable interpretation, a line each: `(01)…`, or the handle. */
  readonly lines: readonly string[]
}

/**
 * The symbol of a code. Data Matrix carries the element string after FNC1 (AIM identifier `]d2`), with all that the code's
 * carrier said beside it; QR the Digital Link or handle URI at `base` (`]Q1`). Refusal LABEL_IMPOSSIBLE for a handle as
 * Data Matrix, since no GS1 symbol carries one.
 */
export function symbolOf({ code, attributes }: ParsedCode, symbology: Symbology, base: string): Symbol2d {
  const elements = code.scheme === 'gs1' ? inPrintingOrder(code.path, attributes) : undefined
  const lines = elements?.map(({ ai, value }) => `(${ai})${value}`) ?? [code.text.slice('hdl:'.length)]
  if (symbology === 'qr') {
    const query = attributes.filter(({ ai }) => findAi(ai)?.attribute).map(({ ai, value }) => `${ai}=${encode(value)}`)
    const text = `${base}${pathOf(code)}${query.length > 0 ? `?${query.join('&')}` : ''}`
    return { ...drawn(toSVG({ bcid: 'qrcode', text, scale: 1 })), quiet: 4, lines }
  }
  if (elements === undefined) throw new Refusal('LABEL_IMPOSSIBLE', 'No GS1 symbol carries a handle: ask for QR')
  // No value holds ^, which is FNC1 in an element string here; bwip's own GS1 parser is not asked for a second opinion.
  const text = formatElementString(elements).replaceAll('^', '^FNC1')
  return { ...drawn(toSVG({ bcid: 'datamatrix', text, parsefnc: true, scale: 1 })), quiet: 1, lines }
}

/** Values of predefined length first, since no separator follows them: a smaller symbol (General Specifications 7.8.5). */
const inPrintingOrder = (path: readonly Element[], attributes: readonly Element[]): Element[] => {
  const [key, ...rest] = [...path, ...attributes]
  const fixed = (element: Element) => findAi(element.ai)?.predefined === true
  return [...(key ? [key] : []), ...rest.filter(fixed), ...rest.filter(element => !fixed(element))]
}

/** The library draws two units a module. */
const drawn = (svg: string): { svg: string; side: number } => {
  const width = Number(/viewBox="0 0 (\d+) \d+"/.exec(svg)?.[1])
  if (!(width > 0)) throw new TypeError('the symbol has no size')
  return { svg: svg.trim(), side: width / 2 }
}
