import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { parseDigitalLink } from '../../../core/identifier/digital-link.ts'
import {
  formatBracketed,
  formatElementString,
  parseBracketed,
  parseElementString,
} from '../../../core/identifier/element-string.ts'

// gs1/gs1-syntax-engine, Apache-2.0: what its parsers take, refuse and make of it.
const read = <T>(name: string): T[] =>
  JSON.parse(readFileSync(new URL(`../../vectors/${name}`, import.meta.url), 'utf8'))

describe('the published vectors of the GS1 syntax engine', () => {
  type LinkCase = { ok: boolean; uri: string; expectElementString: string; aiBracketed: string | null }
  for (const { ok, uri, expectElementString, aiBracketed } of read<LinkCase>('dl_parse.default-mode.json'))
    it(`Digital Link ${uri} is ${ok ? 'taken' : 'refused'}`, () => {
      const parsed = parseDigitalLink(uri)
      expect(parsed.ok).to.equal(ok)
      if (!parsed.ok) return
      const elements = [...parsed.path, ...parsed.attributes]
      expect(formatElementString(elements)).to.equal(expectElementString)
      expect(formatBracketed(elements)).to.equal(aiBracketed)
    })

  for (const { ok, input } of read<{ ok: boolean; input: string }>('ai_process.json'))
    it(`element string ${input} is ${ok ? 'taken' : 'refused'}`, () => {
      const parsed = parseElementString(input)
      expect(parsed.ok).to.equal(ok)
      // A separator that isn't needed is read and not written.
      if (parsed.ok) expect(parseElementString(formatElementString(parsed.elements))).to.deep.equal(parsed)
    })

  type BracketedCase = { ok: boolean; input: string; expectElementString: string }
  for (const { ok, input, expectElementString } of read<BracketedCase>('ai_bracketed_parse.json'))
    it(`bracketed ${input} is ${ok ? 'taken' : 'refused'}`, () => {
      const parsed = parseBracketed(input)
      expect(parsed.ok).to.equal(ok)
      if (!parsed.ok) return
      expect(formatElementString(parsed.elements)).to.equal(expectElementString)
      expect(formatBracketed(parsed.elements)).to.equal(input)
    })
})
