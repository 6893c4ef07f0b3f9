import type { Element } from '../identifier/ai.ts'
import { parseDigitalLink } from '../identifier/digital-link.ts'
import { parseEpcUrn } from '../identifier/epc-urn.ts'

/**
 * The constrained canonical Digital Link of an EPC URN or a Digital Link (CBV 2.0, 8.9.2, rules 17 and 18): host
 * id.gs1.org, no query, and of the qualifiers only the finest. Undefined for anything else. Check digits of web URIs are
 * not looked at: the hash is of what the event says, right or wrong.
 */
export const canonicalUri = (text: string): string | undefined => {
  const parsed = text.startsWith('urn:epc:')
    ? parseEpcUrn(text)
    : /^https?:/.test(text)
      ? parseDigitalLink(text, { lenient: true, unchecked: true })
      : undefined
  if (!parsed?.ok) return undefined
  const path = finest(parsed.path)
  if (!path.every(({ ai, value }) => shapes[ai]?.test(value))) return undefined
  return `https://id.gs1.org${path.map(({ ai, value }) => `/${ai}/${encode(value)}`).join('')}`
}

/** Keys and qualifiers that rule 18 lets stand, as they look. */
const shapes: Readonly<Record<string, RegExp>> = {
  '00': /^\d{18}$/,
  '01': /^\d{14}$/,
  '10': /^.{1,20}$/,
  '21': /^.{1,20}$/,
  '235': /^.{1,28}$/,
  '253': /^\d{13}.{0,17}$/,
  '254': /^.{1,20}$/,
  '255': /^\d{13,25}$/,
  '401': /^\d{4}.{1,26}$/,
  '402': /^\d{17}$/,
  '414': /^\d{13}$/,
  '417': /^\d{13}$/,
  '8003': /^\d{14}.{0,16}$/,
  '8004': /^\d{4}.{1,26}$/,
  '8006': /^\d{18}$/,
  '8010': /^\d{4}.{1,26}$/,
  '8011': /^\d{1,12}$/,
  '8017': /^\d{18}$/,
  '8018': /^\d{18}$/,
}

/** Serial before lot; a variant (22) and what else may follow a key never counts. */
const finest = ([key, ...qualifiers]: readonly Element[]): Element[] => {
  const chosen = ['21', '235', '10', '254', '8011'].flatMap(ai => qualifiers.find(element => element.ai === ai) ?? [])
  return [...(key ? [key] : []), ...chosen.slice(0, 1)]
}

/** Not the encoding of our own canonical codes: the reference implementation leaves ' ; = as they are. */
const encode = (value: string): string =>
  encodeURIComponent(value)
    .replace(/[!()*]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%(?:3B|3D)/g, decodeURIComponent)
