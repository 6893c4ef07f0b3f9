/** Writes docs/openapi.json from the contracts that validate: `node scripts/openapi.ts`. A test holds it to them. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { contracts } from '../api/contracts.ts'
import { openapi } from '../api/http/openapi.ts'

const root = join(import.meta.dirname, '..')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
writeFileSync(join(root, 'docs', 'openapi.json'), `${JSON.stringify(openapi(contracts, version), null, 2)}\n`)
