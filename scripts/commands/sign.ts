import { Argument, Command, InvalidArgumentError } from 'commander'
import { parseAuthorization } from '../../core/authorization.ts'
import { canonical } from '../../core/canonical.ts'
import { documentSchema } from '../../core/document.ts'
import { type Place, signCompact } from '../../core/jws.ts'
import { countersign, parseGeneral, signGeneral } from '../../core/jws-general.ts'
import { aboutOf, matterOf } from '../../core/statement.ts'
import { parseJson } from '../../core/strict-json.ts'
import { typ } from '../../core/typ.ts'
import { openParty, type Party, readText } from './party.ts'
import { signDocument } from './register.ts'
import { CommandError, type Terminal } from './terminal.ts'

/** Acts of organizations; what devices and nodes sign is theirs. Each has its own typ, so none verifies as another. */
const acts = {
  question: typ.question,
  confirmation: typ.confirmation,
  application: typ.application,
  decision: typ.decision,
  policy: typ.policy,
  'financing-consent': typ.financingConsent,
  'financing-mark': typ.financingMark,
  'financing-release': typ.financingRelease,
  'authorization-revocation': typ.authorizationRevocation,
  'status-head': typ.statusHead,
  'key-endorsement': typ.keyEndorsement,
  mandate: typ.mandate,
  'mandate-revocation': typ.mandateRevocation,
  tombstone: typ.tombstone,
} as const
const kinds = [...Object.keys(acts), 'authorization', 'document']

export const signCommand = (terminal: Terminal): Command =>
  new Command('sign')
    .description('sign an act from a JSON file and print it, ready to be submitted; asks no node')
    .addArgument(new Argument('<act>').choices(kinds))
    .argument('<file>', 'its payload in JSON; for a countersignature the authorization as first signed')
    .requiredOption('--as <folder>', 'folder with key.pem and chain.pem of the organization that signs')
    .option(
      '--seq <number>',
      'number of this statement among those on its matter: `next.seq` of /api/v1/statements',
      count,
    )
    .option('--prev <hash>', 'hash of the statement before it: `next.prev`; none for number 1')
    .action(async (act: string, file: string, { as, seq, prev }: Options) => {
      const text = await readText(file)
      const payload = parse(file, text)
      const place = placeOf(act, payload, seq, prev)
      terminal.out(await signAct(act, payload, text, await openParty(as), place))
    })

type Options = { readonly as: string; readonly seq?: number; readonly prev?: string }

const count = (text: string): number => {
  const seq = Number(text)
  if (Number.isSafeInteger(seq) && seq >= 1) return seq
  throw new InvalidArgumentError('Takes a whole number from 1.')
}

/** Signed without its number an act that has one would be refused: better to be told here, before the card is asked. */
const placeOf = (
  act: string,
  payload: object,
  seq: number | undefined,
  prev: string | undefined,
): Place | undefined => {
  const type =
    act === 'authorization' || act === 'document' ? typ[act] : Object.entries(acts).find(([it]) => it === act)?.[1]
  if (seq !== undefined) {
    if ((prev === undefined) !== (seq === 1)) throw new CommandError('--prev goes with every --seq but 1')
    return { seq, ...(prev === undefined ? {} : { prev }) }
  }
  const signed = 'signatures' in payload ? parseGeneral(JSON.stringify(payload)) : undefined
  const matter = type && matterOf(type, signed?.ok ? parseAuthorization(signed.payload) : payload)
  if (matter === undefined) return undefined
  throw new CommandError(
    `a ${act} is numbered: give --seq and --prev, as GET /api/v1/statements/${aboutOf(matter)} names the next`,
  )
}

const signAct = async (
  act: string,
  payload: object,
  text: string,
  party: Party,
  place: Place | undefined,
): Promise<string> => {
  const { key, chain: x5c } = party
  if (act === 'authorization') {
    const signing = { typ: typ.authorization, key, x5c, place }
    return 'signatures' in payload ? countersign(text.trim(), signing) : signGeneral(canonical(payload), signing)
  }
  if (act === 'document') {
    // Judged here, so that nothing is signed that no node would take.
    const claims = documentSchema.safeParse({ iss: party.uscc, iat: 0, ...payload })
    if (!claims.success) {
      const [issue] = claims.error.issues
      throw new CommandError(`/${issue?.path.join('/')}: ${issue?.message}`)
    }
    const { iss: _, iat: __, ...document } = claims.data
    return signDocument(party, document, place)
  }
  const found = Object.entries(acts).find(([name]) => name === act)
  if (!found) throw new CommandError(`there is no act ${act}`)
  return signCompact({ typ: found[1], payload: canonical(payload), key, x5c, place })
}

const parse = (file: string, text: string): object => {
  try {
    const value = parseJson(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
    throw new SyntaxError('expected an object')
  } catch (cause) {
    throw new CommandError(`${file}: ${cause instanceof Error ? cause.message : 'no JSON'}`, { cause })
  }
}
