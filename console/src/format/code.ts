import { labelOf, parseCode } from '../../../core/identifier/code.ts'

/** As people read a code: `(01)…(21)…`, or the handle; other text as it is. */
export const codeLabel = (text: string): string => {
  const parsed = parseCode(text)
  return parsed.ok ? labelOf(parsed.code) : text
}

/** The canonical spelling of whatever a scanner or a person typed; undefined for what is no code. */
export const canonicalCode = (text: string): string | undefined => {
  const parsed = parseCode(text.trim())
  return parsed.ok ? parsed.code.text : undefined
}
