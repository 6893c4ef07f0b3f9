import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { type PublicJwk, publicJwk } from '../../core/jwk.ts'
import { verifyReading } from '../../core/reading-proof.ts'
import { parseJsonBytes } from '../../core/strict-json.ts'
import { parseTrust } from '../../core/trust.ts'
import { CommandError, exit, type Ran, type Terminal } from './terminal.ts'

type Options = { readonly trust: string; readonly device?: string; readonly json?: boolean }

/** Offline: one telemetry reading, from its commitment to a head signed by a log that the trust file names. */
export const verifyReadingCommand = (terminal: Terminal, ran: Ran): Command =>
  new Command('verify-reading')
    .description('check the proof of one telemetry reading; asks nobody')
    .argument('<proof>', 'as /api/v1/telemetry/{index}/readings/{position}/proof gave it')
    .requiredOption('--trust <file>', 'whom you trust: its logs')
    .option('--device <file>', 'public key of the device, a JWK; without it its signature stays unchecked')
    .option('--json', 'for machines')
    .addHelpText(
      'after',
      '\nExit codes: 0 true · 1 false · 2 could not run · 3 true, but the device signature is unchecked',
    )
    .action(async (path: string, { trust, device, json = false }: Options) => {
      const proof = await readJson(path)
      const { nodes } = parseTrust(new TextDecoder().decode(await readFile(trust)))
      const key = device === undefined ? {} : { device: await readKey(device) }
      const results = await Promise.all(
        nodes.map(({ origin, logKey }) => verifyReading(proof, { origin, keys: [logKey], ...key })),
      )
      const result = results.find(({ ok }) => ok) ?? results[0]
      if (result === undefined) throw new CommandError(`${trust}: names no log`)
      if (!result.ok) {
        terminal.out(json ? JSON.stringify(result) : `false · ${result.step}: ${result.detail}`)
        return ran(exit.false)
      }
      const { reading, signature, index, checkpoint, statement } = result
      const { device: thumbprint, seq, iat } = statement
      const shown = {
        ok: true,
        reading,
        signature,
        device: thumbprint,
        seq,
        iat,
        log: checkpoint.origin,
        index: `${index}`,
      }
      terminal.out(
        json
          ? JSON.stringify(shown)
          : `true · ${reading}\nentry ${index} of ${checkpoint.origin} · signature ${signature} · ${thumbprint ?? 'no device'} · ${iat}`,
      )
      ran(signature === 'unchecked' ? exit.undecided : exit.done)
    })

const readKey = async (path: string): Promise<PublicJwk> => {
  const key = publicJwk.safeParse(await readJson(path))
  if (!key.success) throw new CommandError(`${path}: no public P-256 key as a JWK`)
  return key.data
}

const readJson = async (path: string): Promise<unknown> => {
  const bytes = await readFile(path)
  try {
    return parseJsonBytes(bytes)
  } catch (cause) {
    throw new CommandError(`${path}: no JSON`, { cause })
  }
}
