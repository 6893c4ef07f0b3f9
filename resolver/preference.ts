/** What a client would rather have: `Accept` and `Accept-Language` (RFC 9110 §12.5), and the query's `context`. */
export type Preference = {
  readonly types: readonly Range[]
  readonly languages: readonly Range[]
  readonly context: string | undefined
}
type Range = { readonly range: string; readonly quality: number }

/** `text/html, *\/*;q=0.5` in the order sent; parameters other than q are passed over. */
export const parseRanges = (header: string | undefined): readonly Range[] =>
  (header ?? '')
    .slice(0, 1000)
    .split(',')
    .flatMap(part => {
      const [range = '', ...parameters] = part.split(';').map(it => it.trim().toLowerCase())
      const quality = parameters.find(it => it.startsWith('q='))?.slice(2) ?? '1'
      return range !== '' && /^[01](\.\d{0,3})?$/.test(quality) ? [{ range, quality: Number(quality) }] : []
    })

/** Asked for by name, and nothing else liked better: `*\/*` is every browser and no wish for a linkset. */
export const wantsLinkset = (types: readonly Range[]): boolean => {
  const quality = types.find(it => it.range === 'application/linkset+json')?.quality ?? 0
  return quality > 0 && types.every(it => it.quality <= quality)
}

/** The quality of the most specific range that covers the media type; all are as good to a client that says nothing. */
export const typeQuality = (types: readonly Range[], type: string | undefined): number => {
  if (types.length === 0) return 1
  const [main = ''] = (type ?? '').split('/')
  const names = type === undefined ? ['*/*'] : [type.toLowerCase(), `${main}/*`, '*/*']
  return qualityOf(types, names)
}

/** Of the best of the link's languages: `zh` serves who asked for `zh-CN`, a little less well than `zh-CN` would. */
export const languageQuality = (languages: readonly Range[], tags: readonly string[]): number => {
  if (languages.length === 0) return 1
  if (tags.length === 0) return qualityOf(languages, ['*'])
  return Math.max(
    ...tags.map(text => {
      const tag = text.toLowerCase()
      const fits = languages.flatMap(({ range, quality }) => {
        if (tag === range || tag.startsWith(`${range}-`)) return [quality]
        return range.startsWith(`${tag}-`) ? [quality * 0.99] : []
      })
      return fits.length > 0 ? Math.max(...fits) : qualityOf(languages, ['*'])
    }),
  )
}

/** A link without context is for everyone; one for another context only when there is nothing else. */
export const contextQuality = (context: string | undefined, contexts: readonly string[]): number => {
  if (context !== undefined && contexts.includes(context)) return 2
  return contexts.length === 0 ? 1 : 0
}

const qualityOf = (ranges: readonly Range[], names: readonly string[]): number => {
  for (const name of names) {
    const found = ranges.find(it => it.range === name)
    if (found) return found.quality
  }
  return 0
}
