import { Command } from 'commander'
import { importPrivateKeyPem } from '../../certs/keys.ts'
import { base64url } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import { captureDigests, signCapture } from '../../core/capture.ts'
import { readDocument } from '../../core/epcis/document.ts'
import { jwkThumbprint, toPublicJwk } from '../../core/jwk.ts'
import { parseJsonBytes } from '../../core/strict-json.ts'
import type { ImportOptions } from './import.ts'
import { openDesk, readBytes, readText } from './party.ts'
import { CommandError, exit, type Ran, type Terminal, wholeNumber } from './terminal.ts'

type Options = ImportOptions & { readonly device?: string; readonly seq?: number }

export const importEpcis = (terminal: Terminal, ran: Ran): Command =>
  new Command('epcis')
    .description('EPCIS 2.0 events (JSON-LD); signed by an enrolled device where --device is given')
    .argument('<file>')
    .option('--device <file>', 'private key of the device, PKCS #8 in PEM')
    .option('--seq <n>', 'the device’s next number', wholeNumber)
    .action(async (file: string, options: Options) => {
      const document = readJson(file, await readBytes(file))
      const reading = readDocument(document)
      const problems = reading.ok ? reading.events.flatMap(it => (it.ok ? [] : it.problems)) : reading.problems
      const scans = reading.ok ? reading.events.flatMap(it => (it.ok ? [it.scan] : [])) : []
      if (!options.json) for (const it of problems) terminal.error(`${it.pointer || 'the document'} ${it.message}`)
      const good = problems.length === 0 && scans.length > 0
      const job =
        good && options.as !== undefined
          ? await capture(
              document,
              scans.map(it => canonical(it.event)),
              { ...options, as: options.as },
            )
          : undefined
      if (options.json) terminal.out(JSON.stringify({ events: scans.length, problems, ...(job && { job }) }))
      else {
        terminal.out(`${scans.length} events, ${problems.length} problems`)
        terminal.out(job ? `Captured: ${job.captureID}` : 'Dry run: nothing was signed or sent (--as, --node)')
      }
      ran(good ? exit.done : exit.false)
    })

const capture = async (document: unknown, events: readonly Uint8Array[], options: Options & { as: string }) => {
  const { client } = await openDesk(options)
  const headers = options.device === undefined ? {} : await signed(options.device, options.seq, events)
  const body = JSON.stringify(document)
  const request = { body, type: 'application/ld+json', headers }
  return (await client.json('POST', '/epcis/capture', undefined, request)) as { captureID: string }
}

const signed = async (keyFile: string, seq: number | undefined, events: readonly Uint8Array[]) => {
  if (seq === undefined || seq < 1) throw new CommandError('--device takes --seq beside it, from 1')
  const key = await importPrivateKeyPem(await readText(keyFile))
  const device = jwkThumbprint(toPublicJwk(await crypto.subtle.exportKey('jwk', key)))
  const seed = crypto.getRandomValues(new Uint8Array(32))
  const jws = await signCapture({ key, device, seq, at: new Date() }, captureDigests(seed, events))
  return { 'Capture-Salt': base64url(seed), 'Capture-Signature': jws }
}

const readJson = (file: string, bytes: Uint8Array): unknown => {
  try {
    return parseJsonBytes(bytes)
  } catch (cause) {
    throw new CommandError(`${file}: ${cause instanceof Error ? cause.message : 'no JSON'}`, { cause })
  }
}
