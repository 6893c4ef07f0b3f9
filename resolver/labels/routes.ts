import { type Route, route } from '../../core/contract.ts'
import { Refusal } from '../../core/errors.ts'
import { labelOf, type ParsedCode, parseCode } from '../../core/identifier/code.ts'
import { codeInvalid } from '../invalid.ts'
import { label, labelSheets } from './contract.ts'
import { labelDocument } from './label.ts'
import { sheetDocument } from './sheet.ts'
import { symbolOf } from './symbol.ts'

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
    const symbols = codes.map((code, i) => symbolOf(parse(code, i), symbology, request.origin))
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
