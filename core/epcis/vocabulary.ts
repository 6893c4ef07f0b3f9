/** The Core Business Vocabulary in the three spellings events use: bare words, URNs of EPCIS 1, web URIs of EPCIS 2. */
export type Vocabulary = 'bizStep' | 'disposition' | 'transaction' | 'party' | 'reason' | 'measurement' | 'component'

type Spelling = { readonly web: string; readonly urn?: string }

const spellings: Readonly<Record<Vocabulary, Spelling>> = {
  bizStep: { web: 'https://ref.gs1.org/cbv/BizStep-', urn: 'urn:epcglobal:cbv:bizstep:' },
  disposition: { web: 'https://ref.gs1.org/cbv/Disp-', urn: 'urn:epcglobal:cbv:disp:' },
  transaction: { web: 'https://ref.gs1.org/cbv/BTT-', urn: 'urn:epcglobal:cbv:btt:' },
  party: { web: 'https://ref.gs1.org/cbv/SDT-', urn: 'urn:epcglobal:cbv:sdt:' },
  reason: { web: 'https://ref.gs1.org/cbv/ER-', urn: 'urn:epcglobal:cbv:er:' },
  measurement: { web: 'https://gs1.org/voc/' },
  component: { web: 'https://ref.gs1.org/cbv/Comp-' },
}

/** Prefixes of compact URIs, each with the URI it stands for. */
export type Namespaces = ReadonlyMap<string, string>

/** Those of the EPCIS JSON-LD context. A document's own context adds to them. */
const standardNamespaces = [
  ['cbv', 'https://ref.gs1.org/cbv/'],
  ['cbvmda', 'urn:epcglobal:cbv:mda:'],
  ['epcis', 'https://ref.gs1.org/epcis/'],
  ['gs1', 'https://gs1.org/voc/'],
] as const

/** The prefixes that a JSON-LD `@context` declares, over the standard ones. What it says beyond prefixes is not read. */
export const namespacesOf = (...contexts: readonly unknown[]): Namespaces => {
  const namespaces = new Map<string, string>(standardNamespaces)
  for (const part of contexts.flat()) {
    if (typeof part !== 'object' || part === null) continue
    for (const [prefix, uri] of Object.entries(part)) if (typeof uri === 'string') namespaces.set(prefix, uri)
  }
  return namespaces
}

/** Splits `prefix:name` where the prefix is declared; anything else is no compact URI. */
export const splitCompact = (text: string, namespaces: Namespaces): { namespace: string; name: string } | undefined => {
  const colon = text.indexOf(':')
  const namespace = colon > 0 ? namespaces.get(text.slice(0, colon)) : undefined
  return namespace === undefined ? undefined : { namespace, name: text.slice(colon + 1) }
}

export const expandCompact = (text: string, namespaces: Namespaces): string => {
  const compact = splitCompact(text, namespaces)
  return compact ? compact.namespace + compact.name : text
}

/** The web URI of a term in any spelling: `receiving`, `cbv:BizStep-receiving`, `urn:epcglobal:cbv:bizstep:receiving`. */
export const webTerm = (text: string, vocabulary: Vocabulary, namespaces: Namespaces): string =>
  text.includes(':') ? webUri(expandCompact(text, namespaces)) : spellings[vocabulary].web + text

/** A standard URN as web URI, whichever vocabulary it is of; any other text as it is. */
export const webUri = (text: string): string => {
  for (const { web, urn } of Object.values(spellings))
    if (urn !== undefined && text.startsWith(urn)) return web + text.slice(urn.length)
  return text
}

/** The bare word of a standard term in any spelling; what is not standard stays a URI. */
export const bareTerm = (text: string, vocabulary: Vocabulary, namespaces: Namespaces): string => {
  const web = webTerm(text, vocabulary, namespaces)
  const { web: prefix } = spellings[vocabulary]
  return web.startsWith(prefix) ? web.slice(prefix.length) : web
}
