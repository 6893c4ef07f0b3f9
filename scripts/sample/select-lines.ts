/**
 * Makes data/scms-sample.csv from the published file: `node scripts/sample/select-lines.ts FILE`. Rule and source stand
 * in data/README.md. Lines are copied byte for byte, line ends included.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readScms } from '../../receivables/import/scms.ts'

const PROGRAMME = '116-ZA-T30'
const VENDOR = 'PHARMACY DIRECT'
const LATE_VENDOR = 'S. BUYS WHOLESALER'

const text = await readFile(process.argv[2] ?? '', 'utf8')
const { lines } = readScms(text)
const ofProgramme = lines.filter(line => line.programme === PROGRAMME)
const lateOrders = new Set(
  ofProgramme
    .filter(line => line.vendor === LATE_VENDOR && line.deliveredOn > line.scheduledFor)
    .map(line => line.order),
)
const chosen = ofProgramme.filter(
  line => line.vendor === VENDOR || (line.vendor === LATE_VENDOR && lateOrders.has(line.order)),
)

const physical = text.split('\r')
const kept = [physical[0], ...chosen.map(line => physical[line.line - 1])]
const target = join(import.meta.dirname, 'data', 'scms-sample.csv')
await writeFile(target, `${kept.join('\r')}\r`)
process.stdout.write(`${chosen.length} lines, ${lateOrders.size} orders with a late delivery of ${LATE_VENDOR}\n`)
