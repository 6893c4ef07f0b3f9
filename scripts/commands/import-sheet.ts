import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { Command, Option } from 'commander'
import { parseUscc, type Uscc } from '../../core/uscc.ts'
import { readColumnMap } from '../../receivables/import/sheet/column-map.ts'
import { SheetError } from '../../receivables/import/sheet/error.ts'
import { type SheetKind, sheetKinds } from '../../receivables/import/sheet/fields.ts'
import { MAX_BYTES } from '../../receivables/import/sheet/grid.ts'
import { importSheet, type SheetImport, type SheetSettings } from '../../receivables/import/sheet/import.ts'
import { type Original, originalNumber } from '../../receivables/import/sheet/original.ts'
import { problemText } from '../../receivables/import/sheet/problem.ts'
import { type Language, markedSheet } from '../../receivables/import/sheet/write.ts'
import type { ImportOptions } from './import.ts'
import { readNamed as readEfapiao } from './import-efapiao.ts'
import { readOriginalOfd, sealTrust } from './import-ofd.ts'
import { openDesk, readBytes } from './party.ts'
import { registerDocuments, registrationLine } from './register.ts'
import { again, CommandError, exit, type Ran, type Terminal } from './terminal.ts'

type Options = ImportOptions & {
  readonly kind: SheetKind
  readonly prefix: string
  readonly theirPrefix?: string
  readonly seller?: string
  readonly buyer?: string
  readonly map?: string
  readonly marked?: string
  readonly original?: readonly string[]
  readonly trust?: string
  readonly language: Language
}

export const languageOption = (): Option =>
  new Option('--language <language>', 'of headers and errors').choices(['zh', 'en']).default('zh')

export const importSheetCommand = (terminal: Terminal, ran: Ran): Command =>
  new Command('sheet')
    .description('orders, despatch and receipt advices, invoices, credit notes in .xlsx or CSV (UTF-8, GB18030)')
    .argument('<file>')
    .addOption(new Option('--kind <kind>', 'what its rows are').choices(sheetKinds).makeOptionMandatory())
    .requiredOption('--prefix <digits>', 'GS1 company prefix of the codes to make')
    .option('--their-prefix <digits>', 'prefix of the documents referred to, where another made their codes')
    .option('--seller <uscc>', 'who is the seller, where no column says it')
    .option('--buyer <uscc>', 'who is the buyer, where no column says it')
    .option('--map <file>', 'column map in JSON: what the headers are called, and what no column says')
    .option('--original <file>', 'OFD or XML of an invoice in the sheet, to agree with; may be given again', again)
    .option('--trust <file>', 'trust file that names the makers of seals on OFD')
    .option('--marked <file>', 'write a copy with the errors marked to this .xlsx')
    .addOption(languageOption())
    .action(async (file: string, options: Options) => {
      const desk = options.as === undefined ? undefined : await openDesk({ ...options, as: options.as })
      const originals = await readOriginals(options)
      const result = await read(file, options, originals, desk?.party.uscc)
      const { documents, problems, findings, ignored } = result
      if (problems.length === 0) mustBeUsed(originals, documents)
      if (problems.length > 0 && options.marked !== undefined) {
        await writeNew(options.marked, markedSheet(result, options.language))
      }
      const submitted = desk && problems.length === 0 ? await registerDocuments(desk, documents, terminal) : undefined
      if (options.json) terminal.out(JSON.stringify({ documents, problems, findings, ignored, ...submitted }))
      else {
        for (const it of problems) terminal.error(`row ${it.row}: ${problemText(it, options.language)}: ${it.value}`)
        for (const it of ignored) terminal.out(`The column ${it} was passed over`)
        for (const it of findings) {
          terminal.out(`${basename(file)} row ${it.row} ${it.code}: expected ${it.expected}, found ${it.found}`)
        }
        terminal.out(lastLine(documents.length, problems.length))
        if (problems.length === 0) {
          terminal.out(submitted ? registrationLine(submitted) : 'Dry run: nothing was signed or sent (--as, --node)')
        }
      }
      ran(problems.length > 0 ? exit.false : exit.done)
    })

const lastLine = (documents: number, problems: number): string =>
  problems === 0 ? `${documents} documents` : `${problems} errors: nothing was imported`

/** The party at whose desk this is made the document, and need not name itself. */
const read = async (
  file: string,
  options: Options,
  originals: Originals,
  own: Uscc | undefined,
): Promise<SheetImport> => {
  const { kind, prefix, theirPrefix } = options
  const given = (side: 'seller' | 'buyer'): Uscc | undefined => {
    const said = options[side]
    if (said !== undefined) return parseUscc(said)
    return side === (kind === 'receipt' ? 'buyer' : 'seller') ? own : undefined
  }
  const bytes = await readBytes(file, MAX_BYTES)
  const map = options.map === undefined ? undefined : await readBytes(options.map, MAX_MAP)
  return named(file, () => {
    const parties = { seller: given('seller'), buyer: given('buyer') }
    const settings: SheetSettings = { kind, prefix, theirPrefix, originals, ...parties }
    return importSheet(bytes, map === undefined ? settings : { ...settings, map: readColumnMap(map) })
  })
}

type Originals = ReadonlyMap<string, Original>

/** One that no row names would go unread, and whoever gave it would think that it agrees. */
const mustBeUsed = (originals: Originals, documents: SheetImport['documents']): void => {
  const numbers = new Set(documents.map(({ number }) => originalNumber(number)))
  const unused = [...originals.keys()].filter(number => !numbers.has(number))
  if (unused.length > 0) throw new CommandError(`no row of the sheet is the invoice ${unused.join(', ')}`)
}

const MAX_MAP = 1 << 20

const outcomes = { yes: 'holds', no: 'broken', unknown: 'undecided' } as const

/** By number. Of several seals the first is named, and what all of them come to. */
const readOriginals = async ({ original = [], trust }: Options): Promise<Originals> => {
  const makers = await sealTrust(trust)
  const originals = new Map<string, Original>()
  for (const path of original) {
    const bytes = await readBytes(path, MAX_BYTES)
    const isOfd = bytes[0] === 0x50 && bytes[1] === 0x4b
    if (!isOfd) {
      const invoice = readEfapiao(basename(path), bytes)
      originals.set(invoice.number, { invoice })
      continue
    }
    const { invoice, seals, outcome } = await readOriginalOfd(path, makers)
    const [seal] = seals
    const file = createHash('sha256').update(bytes).digest('base64url')
    originals.set(invoice.number, {
      invoice,
      ...(seal &&
        outcome && { seal: { status: outcomes[outcome], signer: seal.signer, at: seal.signedAt.toISOString(), file } }),
    })
  }
  return originals
}

const named = <Read>(file: string, run: () => Read): Read => {
  try {
    return run()
  } catch (cause) {
    // A prefix that is none is told by whoever makes codes of it.
    if (cause instanceof SheetError || cause instanceof RangeError || cause instanceof SyntaxError) {
      throw new CommandError(`${file}: ${cause.message}`, { cause })
    }
    throw cause
  }
}

/** Never over a file that is there: it could be the one that was read. */
export const writeNew = async (path: string, bytes: Uint8Array): Promise<void> => {
  try {
    await writeFile(path, bytes, { flag: 'wx' })
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : ''
    throw new CommandError(`${path}: ${code === 'EEXIST' ? 'is there already' : `can not be written (${code})`}`, {
      cause,
    })
  }
}
