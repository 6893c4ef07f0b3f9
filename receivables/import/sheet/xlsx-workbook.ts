import { readXml, walkXml, type XmlElement, XmlError, type XmlLimits } from '../../../core/xml.ts'
import { readZip } from '../../../core/zip.ts'
import { SheetError } from './error.ts'
import { MAX_BYTES } from './grid.ts'
import { formatOf } from './number.ts'

export type Workbook = {
  readonly parts: ReadonlyMap<string, Uint8Array>
  /** Name of the sheet, and the part it is in. */
  readonly sheet: string
  readonly path: string
  readonly strings: readonly string[]
  /** By the number of a cell's style. */
  readonly formats: readonly { readonly day: boolean; readonly digits: number }[]
  readonly from1904: boolean
}

const zipLimits = { entries: 500, entry: 48 << 20, total: 96 << 20 }
export const partLimits: XmlLimits = { bytes: 48 << 20, depth: 32, elements: 2_000_000 }
const MAX_STRINGS = 500_000

/** Everything of an .xlsx but the cells. Throws SheetError: TOO_LARGE, ARCHIVE, XML, NO_SHEET. */
export const openWorkbook = (bytes: Uint8Array, wanted: string | undefined): Workbook => {
  if (bytes.length > MAX_BYTES) throw new SheetError('TOO_LARGE', `more than ${MAX_BYTES >> 20} MiB`)
  const parts = unpack(bytes)
  const main = targets(parts, '').find(({ type }) => type.endsWith('/officeDocument'))?.path
  if (main === undefined) throw new SheetError('FORMAT', 'an archive without a workbook')
  const workbook = dom(parts, main)
  const related = targets(parts, main)
  const partOf = (type: string): string | undefined => related.find(it => it.type.endsWith(`/${type}`))?.path
  const chosen = chooseSheet(workbook, wanted)
  const path = related.find(({ id }) => id === chosen.id)?.path
  if (path === undefined || !parts.has(path)) throw new SheetError('NO_SHEET', chosen.name)
  const [strings, styles] = [partOf('sharedStrings'), partOf('styles')]
  return {
    parts,
    sheet: chosen.name,
    path,
    strings: strings === undefined ? [] : readStrings(parts, strings),
    formats: styles === undefined ? [{ day: false, digits: 0 }] : readFormats(dom(parts, styles)),
    from1904: ['1', 'true'].includes(find(workbook, 'workbookPr')?.attributes.date1904 ?? ''),
  }
}

/** Runs a reader of one part, and says in our words what is wrong with it. */
export const readPart = <Read>(path: string, read: () => Read): Read => {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof XmlError)) throw cause
    throw new SheetError(cause.fault === 'TOO_LARGE' ? 'TOO_LARGE' : 'XML', `${path}: ${cause.message}`)
  }
}

const unpack = (bytes: Uint8Array): ReadonlyMap<string, Uint8Array> => {
  try {
    return readZip(bytes, zipLimits)
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new SheetError('ARCHIVE', cause.message)
    throw cause
  }
}

const dom = (parts: Workbook['parts'], path: string): XmlElement =>
  readPart(path, () => {
    const part = parts.get(path)
    if (part === undefined) throw new SheetError('XML', `${path} is missing`)
    return readXml(part)
  })

type Target = { readonly id: string; readonly type: string; readonly path: string }

/** What a part refers to (ECMA-376 part 2, §9.3). What lies outside of the file is passed over: nothing is fetched. */
const targets = (parts: Workbook['parts'], from: string): readonly Target[] => {
  const folder = from.split('/').slice(0, -1)
  const path = [...folder, '_rels', `${from.split('/').at(-1) ?? ''}.rels`].join('/')
  if (!parts.has(path)) return []
  return dom(parts, path).children.flatMap(
    ({ name, attributes: { Id: id, Type: type, Target: to, TargetMode: mode } }) =>
      name !== 'Relationship' || id === undefined || type === undefined || to === undefined || mode === 'External'
        ? []
        : [{ id, type, path: resolve(folder, to) }],
  )
}

const resolve = (folder: readonly string[], target: string): string => {
  const path = target.startsWith('/') ? [] : [...folder]
  for (const step of target.split('/')) {
    if (step === '..') path.pop()
    else if (step !== '' && step !== '.') path.push(step)
  }
  return path.join('/')
}

const find = (from: XmlElement | undefined, name: string): XmlElement | undefined =>
  from?.children.find(it => it.name === name)

const chooseSheet = (workbook: XmlElement, wanted: string | undefined): { name: string; id: string } => {
  const sheets = find(workbook, 'sheets')?.children ?? []
  const chosen = sheets.find(({ attributes: { name, state = 'visible' } }) =>
    wanted === undefined ? state === 'visible' : name === wanted,
  )
  if (chosen === undefined) {
    const names = sheets.map(it => it.attributes.name ?? '').join(', ')
    throw new SheetError('NO_SHEET', wanted === undefined ? 'all are hidden' : `${wanted} is not among ${names}`)
  }
  const { name = '', ...others } = chosen.attributes
  // The prefix of the namespace of relationships is the writer's choice.
  const id = Object.entries(others).find(([key]) => /(?:^|:)id$/.test(key))?.[1]
  return { name, id: id ?? '' }
}

/** A style may be missing from the table: then a cell is a plain number. */
const readFormats = (styles: XmlElement): Workbook['formats'] => {
  const codes = new Map(
    (find(styles, 'numFmts')?.children ?? []).map(({ attributes }) => [attributes.numFmtId, attributes.formatCode]),
  )
  return (find(styles, 'cellXfs')?.children ?? []).map(({ attributes: { numFmtId = '0' } }) =>
    formatOf(Number(numFmtId), codes.get(numFmtId)),
  )
}

/** Rich text is put together of its runs; how a word is pronounced (rPh) is left out. */
const readStrings = (parts: Workbook['parts'], path: string): readonly string[] => {
  const strings: string[] = []
  const at: string[] = []
  let current = ''
  const isText = () => (at.length === 3 && at[2] === 't') || (at.length === 4 && at[2] === 'r' && at[3] === 't')
  readPart(path, () =>
    walkXml(
      parts.get(path) ?? new Uint8Array(),
      {
        open: ({ name }) => {
          at.push(name)
          if (at.length === 2) current = ''
        },
        text: piece => {
          if (isText()) current += piece
        },
        close: () => {
          if (at.length === 2) strings.push(current)
          if (strings.length > MAX_STRINGS) throw new SheetError('TOO_LARGE', `more than ${MAX_STRINGS} texts`)
          at.pop()
        },
      },
      partLimits,
    ),
  )
  return strings
}
