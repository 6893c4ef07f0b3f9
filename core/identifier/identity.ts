import { type Code, type CodeText, gs1 } from './code.ts'
import { levelOf } from './level.ts'

/**
 * What a code names, however it is written. A serial is unique below its key (General Specifications, AI 21), so an
 * instance is its key and serial: the lot that stands between them in one label and is missing in another is left out.
 */
export const identityOf = (code: Code): CodeText => {
  if (code.scheme === 'handle' || code.path.length < 3 || levelOf(code) !== 'instance') return code.text
  const [key] = code.path
  const serial = code.path.at(-1) ?? key
  return gs1(key.ai, key.value, { [serial.ai]: serial.value }).text
}
