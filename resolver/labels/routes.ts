import { setImmediate as breath } from 'node:timers/promises'
import { type Route, route } from '../../core/contract.ts'
import { Refusal } from '../../core/errors.ts'
import { labelOf, type ParsedCode, parseCode } from '../../core/identifier/code.ts'
import { codeInvalid } from '../invalid.ts'
import { label, labelSheets } from './contract.ts'
import { labelDocument } from './label.ts'
import { sheetDocument } from './sheet.ts'
import { type Symbol2d, symbolOf } from './symbol.ts'

/** Labels are made of the code alone: nothing is looked up, and nothing kept. */
export const labelRoutes = (): Route[] => [
  route(label, async ({ query: { code, symbology, module }, request }) => {
    const parsed = parse(code)
    const symbol = symbolOf(parsed, symbology, request.origin)
    return {
      body: labelDocument(symbol, module, labelOf(parsed.code)),
      headers: { 'Cache-Control': 'public, max-age=86400' },
    }
  }),

  route(labelSheets, async ({ body: { codes, symbology, module, sheet }, request }) => {
    // All are read before any is drawn: none is made when one is wrong.
    const parsed = codes.map(parse)
    const symbols: Symbol2d[] = []
    for (const code of parsed) {
      symbols.push(symbolOf(code, symbology, request.origin))
      // Drawing 2,000 takes seconds, in which this process has other things to do: its lease on the log, for one.
      await breath()
    }
    return { body: sheetDocument(symbols, sheet, module) }
  }),
]

const parse = (text: string, at?: number): ParsedCode => {
  const parsed = parseCode(text)
  if (parsed.ok) return parsed
  const refusal = codeInvalid(parsed.error)
  if (at === undefined) throw refusal
  throw new Refusal('CODE_INVALID', `Code ${at + 1}, ${text}: ${refusal.message}`, { ...refusal.extra, index: at })
}
