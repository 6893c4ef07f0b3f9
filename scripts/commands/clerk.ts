import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { z } from 'zod'
import { sha256 } from '#sha256'
import { exportPrivateKeyPem, importPrivateKeyPem, makeKeys } from '../../certs/keys.ts'
import { base64url } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import { publicJwk, toPublicJwk } from '../../core/jwk.ts'
import { parseCompact, type Signing, signCompact } from '../../core/jws.ts'
import { mandatedActs } from '../../core/mandate/acts.ts'
import { approvalSchema, type MandatedAct, mandateForbids, mandateSchema, parseMandate } from '../../core/mandate.ts'
import { parseJson } from '../../core/strict-json.ts'
import { typ } from '../../core/typ.ts'
import { openParty, readText } from './party.ts'
import { again, CommandError, type Terminal } from './terminal.ts'

/** People who sign for their organization, each with a key of their own, within what it has signed. */
export const clerkCommand = (terminal: Terminal): Command =>
  new Command('clerk')
    .description('clerks: a key of their own, and the mandate by which it signs for the organization')
    .addCommand(key(terminal))
    .addCommand(mandate(terminal))
    .addCommand(approve(terminal))

const newNonce = () => base64url(crypto.getRandomValues(new Uint8Array(16)))
const toSecond = (at: Date) => at.toISOString().replace(/\.\d{3}Z$/, 'Z')

const key = (terminal: Terminal): Command =>
  new Command('key')
    .description('make the clerk’s own key; clerk.json is for the organization, key.pem for nobody')
    .argument('<folder>', 'new folder')
    .requiredOption('--name <name>', 'who the clerk is, as auditors will read it')
    .action(async (folder: string, { name }: { name: string }) => {
      const { privateKey, publicKey } = await makeKeys()
      const clerk = { name, jwk: toPublicJwk(await crypto.subtle.exportKey('jwk', publicKey)) }
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const once = { mode: 0o600, flag: 'wx' } as const
      await writeFile(join(folder, 'key.pem'), await exportPrivateKeyPem(privateKey), once).catch(cause => {
        throw new CommandError(`${folder}: has a key already, and it is not written over`, { cause })
      })
      await writeFile(join(folder, 'clerk.json'), `${JSON.stringify(clerk)}\n`, once)
      terminal.out(`${folder}: have clerk.json mandated, and put the mandate beside it as mandate.jws`)
    })

type Limits = {
  readonly as: string
  readonly act: readonly MandatedAct[]
  readonly until: string
  readonly amount?: string
  readonly currency?: string
  readonly with?: readonly string[]
  readonly matter?: readonly string[]
  readonly twoPersons?: true
}

const mandate = (terminal: Terminal): Command =>
  new Command('mandate')
    .description('sign what a clerk may do for the organization, and print it; each limit left out does not limit')
    .argument('<clerk>', 'clerk.json, as the clerk has handed it over')
    .requiredOption('--as <folder>', 'folder with key.pem and chain.pem of the organization')
    .addOption(
      new Option('--act <act>', `one of ${Object.keys(mandatedActs).join(', ')}; may be given again`)
        .argParser((text, before: readonly string[] | undefined) => again(actNamed(text), before))
        .makeOptionMandatory(),
    )
    .requiredOption('--until <time>', 'when it ends, like 2027-03-31T16:00:00Z')
    .option('--amount <minor units>', 'the most that one act may be about')
    .option('--currency <code>', 'of that amount')
    .option('--with <uscc>', 'the only other organizations; may be given again', again)
    .option('--matter <id>', 'the only invoices, authorizations or applications; may be given again', again)
    .option('--two-persons', 'each act takes a second clerk’s word')
    .action(async (file: string, limits: Limits) => {
      const clerk = clerkSchema.safeParse(jsonIn(file, await readText(file)))
      if (!clerk.success) throw new CommandError(`${file}: is no clerk.json`)
      const { key: by, chain, uscc } = await openParty(limits.as)
      if ((limits.amount === undefined) !== (limits.currency === undefined)) {
        throw new CommandError('--amount goes with --currency')
      }
      const now = toSecond(new Date())
      const said = mandateSchema.safeParse({
        ...{ id: crypto.randomUUID(), version: 1, organization: uscc, clerk: clerk.data, acts: limits.act },
        ...(limits.amount && { limit: { amount: limits.amount, currency: limits.currency } }),
        ...(limits.with && { counterparties: limits.with }),
        ...(limits.matter && { matters: limits.matter }),
        ...(limits.twoPersons && { twoPersons: true }),
        ...{ notBefore: now, notAfter: limits.until, nonce: newNonce(), iat: now },
      })
      if (!said.success) {
        const [issue] = said.error.issues
        throw new CommandError(`${issue?.path.join('/') ?? ''}: ${issue?.message}`)
      }
      terminal.out(await signCompact({ typ: typ.mandate, key: by, x5c: chain, payload: canonical(said.data) }))
    })

const approve = (terminal: Terminal): Command =>
  new Command('approve')
    .description('the second clerk’s word on an act, for `sign --approval`')
    .addArgument(new Argument('<act>').choices(Object.keys(mandatedActs)))
    .argument('<file>', 'the same payload that the first clerk signs')
    .requiredOption('--clerk <folder>', 'folder with key.pem and mandate.jws')
    .action(async (act: MandatedAct, file: string, { clerk }: { clerk: string }) => {
      const payload = canonical(jsonIn(file, await readText(file)))
      const signing = await openClerk(clerk, mandatedActs[act].typ, payload)
      const word = approvalSchema.parse({
        ...{ act: mandatedActs[act].typ, payload: base64url(sha256(payload)) },
        ...{ nonce: newNonce(), iat: toSecond(new Date()) },
      })
      terminal.out(await signCompact({ ...signing, typ: typ.approval, payload: canonical(word) }))
    })

/**
 * A clerk's key and mandate, for an act within it: better refused here than by the node.
 * @param folder with key.pem and mandate.jws
 */
export const openClerk = async (
  folder: string,
  act: string,
  payload: Uint8Array,
): Promise<Pick<Signing, 'key' | 'mandate'>> => {
  const text = (await readText(join(folder, 'mandate.jws'))).trim()
  const jws = parseCompact(text)
  if (!jws.ok) throw new CommandError(`${folder}/mandate.jws: ${jws.detail}`)
  const forbids = mandateForbids(parseMandate(jws.payload), act, payload, new Date())
  if (forbids !== undefined) throw new CommandError(forbids)
  return { key: await importPrivateKeyPem(await readText(join(folder, 'key.pem'))), mandate: text }
}

const clerkSchema = z.strictObject({ name: z.string(), jwk: publicJwk })

const actNamed = (text: string): string => {
  if (Object.hasOwn(mandatedActs, text)) return text
  throw new InvalidArgumentError(`no clerk can do ${text}`)
}

/** An object in strict JSON. */
export const jsonIn = (file: string, text: string): object => {
  try {
    const value = parseJson(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
    throw new SyntaxError('expected an object')
  } catch (cause) {
    throw new CommandError(`${file}: ${cause instanceof Error ? cause.message : 'no JSON'}`, { cause })
  }
}
