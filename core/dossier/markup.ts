declare const brand: unique symbol

/** HTML that was made by {@link html}, and by nothing else. */
export type Markup = { readonly text: string; readonly [brand]: 'Markup' }

type Part = string | Markup | readonly Markup[]

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text that cannot end an element or an attribute in quotes. Controls that no XML has are shown as a mark. */
const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, character => escapes[character] ?? '').replaceAll(/[\p{Cc}\p{Cs}]/gu, keepLines)

const keepLines = (character: string): string => (character === '\n' || character === '\t' ? character : '\ufffd')

/** What is filled in is text, unless it is markup itself. */
export const html = (strings: TemplateStringsArray, ...parts: readonly Part[]): Markup => {
  const text = strings.map((string, i) => string + (i < parts.length ? rendered(parts[i] ?? '') : '')).join('')
  return { text } as Markup
}

const rendered = (part: Part): string => {
  if (typeof part === 'string') return escaped(part)
  return 'text' in part ? part.text : part.map(({ text }) => text).join('')
}
