/**
 * Writes the cases of test/vectors/epcis-documents.json: what the published EPCIS 2.0 JSON schema says of the documents
 * in that file and of changes to them. Also tries the own checks on more documents, and tells where the two disagree.
 *
 *     npm install --no-save ajv-formats@3.0.1
 *     node scripts/epcis-schema.ts EPCIS-JSON-Schema.json [more documents …]
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { Ajv } from 'ajv'
import { isObject } from '../core/epcis/check.ts'
import { checkDocument } from '../core/epcis/document-schema.ts'

type Case = {
  document: number
  op: 'add' | 'replace' | 'remove' | 'test'
  path: string
  value?: unknown
  valid: boolean
}
type Change = Pick<Case, 'op' | 'path' | 'value'>

/** How many changes to one document are kept; all are tried. */
const kept = 220

const corpus = new URL('../test/vectors/epcis-documents.json', import.meta.url)

/** Always the same sequence, so that a new run changes the file only where the schema changed. */
const sequence = (seed: number) => (below: number) => {
  seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff
  return (seed >> 8) % below
}

const strangers: readonly unknown[] = [
  null,
  0,
  -1.5,
  true,
  '',
  'x',
  'not a uri',
  'ts:a',
  'ts:',
  'https://ns.gs1.org/cbv/BizStep-shipping',
  'https://gs1.org/voc/Temperature',
  'urn:epcglobal:cbv:bizstep:shipping',
  'https://ref.gs1.org/cbv/BizStep-shipping',
  'urn:x:%zz',
  'http://[::1]/x',
  '2025-02-30T00:00:00Z',
  '2025-02-28T00:00:00',
  '2025-02-28 23:59:60Z',
  '+14:00',
  '+14:01',
  'KG',
  'kgm',
  'ADD',
  'OBSERVE',
  'DELETE',
  'ObjectEvent',
  'TransactionEvent',
  'EPCISDocument',
  'EPCISQueryDocument',
  'NoEvent',
  'shipping',
  '2.0',
  '2.0.',
  [],
  ['ts:a'],
  ['ts:a', 'ts:a'],
  [{}, {}],
  [{ a: [1] }, { a: [1] }],
  {},
  { id: 'ts:a' },
  { id: 'a' },
  { set: [] },
  { 'ts:a': 1 },
]

const pointerToken = (key: string | number): string => String(key).replaceAll('~', '~0').replaceAll('/', '~1')

/** Every way to spoil one place of the document, or not to. */
const changesOf = (value: unknown, path: string, next: (below: number) => number): Change[] => {
  const changes: Change[] = []
  if (path !== '') changes.push({ op: 'remove', path })
  for (let i = 0; i < 5; i++) changes.push({ op: 'replace', path, value: strangers[next(strangers.length)] })
  if (Array.isArray(value)) {
    changes.push({ op: 'replace', path, value: [] }, { op: 'add', path: `${path}/-`, value: value[0] ?? null })
    changes.push({ op: 'add', path: `${path}/-`, value: strangers[next(strangers.length)] })
    for (const [i, element] of value.entries()) changes.push(...changesOf(element, `${path}/${i}`, next))
  } else if (isObject(value)) {
    for (const key of ['foo', 'ts:foo', 'id', 'ilmd', 'epcList', 'parentID', 'ts foo:x', ''])
      changes.push({ op: 'add', path: `${path}/${pointerToken(key)}`, value: strangers[next(strangers.length)] })
    for (const [key, member] of Object.entries(value))
      changes.push(...changesOf(member, `${path}/${pointerToken(key)}`, next))
  }
  return changes
}

/** RFC 6902, as much of it as the cases use. */
const applyChange = (document: unknown, { op, path, value }: Change): unknown => {
  if (op === 'test') return document
  if (path === '') return value
  const copy = structuredClone(document)
  const keys = path
    .slice(1)
    .split('/')
    .map(key => key.replaceAll('~1', '/').replaceAll('~0', '~'))
  const last = keys.pop() ?? ''
  let at = copy as Record<string, unknown>
  for (const key of keys) at = at[key] as Record<string, unknown>
  if (Array.isArray(at))
    at.splice(last === '-' ? at.length : Number(last), op === 'add' ? 0 : 1, ...(op === 'remove' ? [] : [value]))
  else if (op === 'remove') delete at[last]
  else at[last] = value
  return copy
}

const [schemaFile, ...more] = process.argv.slice(2)
if (schemaFile === undefined) throw new Error('which schema? node scripts/epcis-schema.ts EPCIS-JSON-Schema.json')
const ajv = new Ajv({ strict: false })
const addFormats: unknown = createRequire(resolve('package.json'))('ajv-formats')
if (typeof addFormats !== 'function') throw new Error('npm install --no-save ajv-formats@3.0.1')
addFormats(ajv)
const judge = ajv.compile(JSON.parse(readFileSync(schemaFile, 'utf8')))

const { about, documents } = JSON.parse(readFileSync(corpus, 'utf8')) as { about: string; documents: unknown[] }
const next = sequence(1)
let tried = 0
const trial = (document: unknown, change: Change): boolean => {
  const changed = applyChange(document, change)
  const valid = judge(changed)
  const problems = checkDocument(changed)
  tried++
  if (valid !== (problems.length === 0))
    console.error('disagree:', JSON.stringify({ change, valid, problems, ajv: judge.errors?.slice(-3) }))
  return valid
}

const cases = documents.flatMap((document, index) => {
  const all = changesOf(document, '', next).map(change => ({
    ...change,
    document: index,
    valid: trial(document, change),
  }))
  const chosen = all.length <= kept ? all : all.filter(() => next(all.length) < kept)
  return [
    { document: index, op: 'test' as const, path: '', valid: trial(document, { op: 'test', path: '' }) },
    ...chosen,
  ]
})
for (const file of more) {
  const document: unknown = JSON.parse(readFileSync(file, 'utf8'))
  for (const change of changesOf(document, '', next)) trial(document, change)
}

const lines = (values: readonly unknown[]): string => values.map(value => `  ${JSON.stringify(value)}`).join(',\n')
writeFileSync(
  corpus,
  `{\n "about": ${JSON.stringify(about)},\n "documents": [\n${lines(documents)}\n ],\n "cases": [\n${lines(cases)}\n ]\n}\n`,
)
console.log(`${tried} tried, ${cases.length} kept, ${cases.filter(({ valid }) => valid).length} of them valid`)
