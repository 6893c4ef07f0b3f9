import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Actor } from '../sample/actor.ts'
import { type Applied, report } from '../sample/money.ts'
import { figure, percentile, type Row } from './measure.ts'
import type { BenchStage } from './stage.ts'

/** What the default application is about. */
export const SERIALS = 200
/** Their agreement ends at a thousand a day. */
const MOST = 300

/**
 * A bank pulls the records of one application, one pull after the other: each checked against the agreement, its use
 * counted, disclosed, proven, sealed, its receipt logged and durable. From request to the last byte of the bundle.
 */
export const measureReleases = async (
  bank: Actor,
  { id }: Applied,
  { seconds, rounds }: { readonly seconds: number; readonly rounds: number },
): Promise<readonly Row[]> => {
  const took: number[] = []
  let bytes = 0
  const until = performance.now() + seconds * rounds * 1000
  // The first ones compile code and are not counted.
  for (let pulls = 0; pulls < MOST && (performance.now() < until || pulls < 2 * WARM); pulls++) {
    const began = performance.now()
    const body = JSON.stringify({ jti: randomUUID(), application: id })
    const response = await bank.client.request('POST', '/api/v1/releases', { body })
    bytes = (await response.arrayBuffer()).byteLength
    if (!response.ok) throw new Error(`a release was refused: ${response.status}`)
    if (pulls >= WARM) took.push(performance.now() - began)
  }
  const detail = `${took.length} pulls one after the other, ${Math.round(bytes / 1024)} KiB each`
  const of = `one application of 1 invoice and ${SERIALS} serials`
  const at = (share: number) => ({ unit: 'ms', samples: [percentile(took, share)], detail })
  return [
    figure({ what: `release of ${of}, p50`, ...at(0.5) }),
    figure({ what: `release of ${of}, p95`, ...at(0.95), target: { atMost: 150 } }),
  ]
}

const WARM = 10

/** The bank's report on an application, as the file that an auditor gets. */
export const saveBundle = async ({ bank, folder }: BenchStage, application: Applied): Promise<Saved> => {
  const { id } = await report(bank, application)
  const response = await bank.client.request('GET', `/api/v1/reports/${id}/bundle`)
  if (!response.ok) throw new Error(`the bundle could not be fetched: ${response.status}`)
  const text = await response.text()
  const file = join(folder, `${id}.json`)
  await writeFile(file, text)
  const { records } = JSON.parse(text) as { records: readonly unknown[] }
  return { file, records: records.length, bytes: Buffer.byteLength(text) }
}

export type Saved = { readonly file: string; readonly records: number; readonly bytes: number }
