import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { readCsv } from '../import/csv.ts'
import { type Books, BooksError } from './books.ts'
import { type BookColumn, type BookEntry, bookColumns, neededColumns, readEntry } from './entry.ts'

type FolderSettings = {
  readonly organization: string
  readonly folder: string
  /** Names of the columns in the file, where they are not those of entry.ts. */
  readonly columns?: Partial<Readonly<Record<BookColumn, string | undefined>>>
}

type Sheet = { readonly version: string; readonly entries: ReadonlyMap<string, BookEntry> }

const LARGEST = 256 << 20

/**
 * A folder into which the hospital's system drops its table as CSV, in UTF-8 or GB18030: the newest file that ends in
 * .csv counts, all of it. It is written under another name and then renamed, so that nobody reads half of one.
 */
export const openFolder = ({ organization, folder, columns = {} }: FolderSettings): Books => {
  const names = Object.fromEntries(bookColumns.map(column => [column, columns[column] ?? column])) as Names
  let sheet: Promise<Sheet> | undefined
  let version = ''
  return {
    organization,
    async find({ supplier, number }) {
      const newest = await newestIn(folder)
      if (newest.version !== version || sheet === undefined) {
        version = newest.version
        sheet = readSheet(newest, names)
        // A file that can't be read is looked at again: it may have been put right under the same name and time.
        sheet.catch(() => {
          sheet = undefined
        })
      }
      return (await sheet).entries.get(keyOf(supplier, number))
    },
    close: async () => undefined,
  }
}

type Names = Readonly<Record<BookColumn, string>>
type Newest = { readonly path: string; readonly version: string; readonly size: number }

const keyOf = (supplier: string, number: string): string => `${supplier} ${number}`

const newestIn = async (folder: string): Promise<Newest> => {
  try {
    const files = (await readdir(folder, { withFileTypes: true }))
      .filter(it => it.isFile() && /^[^.].*\.csv$/i.test(it.name))
      .map(({ name }) => name)
    const found = await Promise.all(
      files.map(async name => {
        const { mtimeMs, size } = await stat(join(folder, name))
        return { path: join(folder, name), version: `${name} ${mtimeMs} ${size}`, size, mtimeMs }
      }),
    )
    const [newest] = found.sort((a, b) => b.mtimeMs - a.mtimeMs || (a.path < b.path ? 1 : -1))
    if (newest !== undefined) return newest
  } catch {
    throw new BooksError('the folder can not be read')
  }
  throw new BooksError('the folder has no CSV file')
}

const readSheet = async ({ path, version, size }: Newest, names: Names): Promise<Sheet> => {
  if (size > LARGEST) throw new BooksError('the file is larger than 256 MB')
  const text = decoded(
    await readFile(path).catch(() => {
      throw new BooksError('the file can not be read')
    }),
  )
  const entries = new Map<string, BookEntry>()
  let places: ReadonlyMap<BookColumn, number> | undefined
  try {
    for (const { line, fields } of readCsv(text)) {
      if (places === undefined) {
        places = placesOf(fields, names)
        continue
      }
      const entry = entryOf(line, fields, places)
      const key = keyOf(entry.supplier, entry.number)
      if (entries.has(key)) throw new SyntaxError(`line ${line}: an invoice appears twice`)
      entries.set(key, entry)
    }
  } catch (error) {
    throw new BooksError(error instanceof SyntaxError ? error.message : 'the file can not be understood')
  }
  return { version, entries }
}

const decoded = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    // What Chinese spreadsheets write; every byte has a meaning in it, so what is neither shows in the columns.
    return new TextDecoder('gb18030').decode(bytes)
  }
}

const placesOf = (header: readonly string[], names: Names): ReadonlyMap<BookColumn, number> => {
  const places = new Map<BookColumn, number>()
  for (const column of bookColumns) {
    const place = header.findIndex(name => name.trim() === names[column])
    if (place >= 0) places.set(column, place)
  }
  const missing = neededColumns.find(column => !places.has(column))
  if (missing !== undefined) throw new SyntaxError(`the first line has no column ${names[missing]}`)
  return places
}

const entryOf = (line: number, fields: readonly string[], places: ReadonlyMap<BookColumn, number>): BookEntry => {
  try {
    return readEntry(Object.fromEntries([...places].map(([column, place]) => [column, fields[place]?.trim() ?? null])))
  } catch (error) {
    throw new SyntaxError(`line ${line}, ${error instanceof Error ? error.message : 'unreadable'}`)
  }
}
