import { Argument, Command, InvalidArgumentError } from 'commander'
import { parseAuthorization } from '../../core/authorization.ts'
import { canonical } from '../../core/canonical.ts'
import { documentSchema } from '../../core/document.ts'
import { type Place, type Signing, signCompact } from '../../core/jws.ts'
import { countersign, parseGeneral, signGeneral } from '../../core/jws-general.ts'
import { mandatedActs } from '../../core/mandate/acts.ts'
import type { MandatedAct } from '../../core/mandate.ts'
import { aboutOf, matterOf } from '../../core/statement.ts'
import { typ } from '../../core/typ.ts'
import { jsonIn, openClerk } from './clerk.ts'
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
    .option('--as <folder>', 'folder with key.pem and chain.pem of the organization that signs')
    .option('--clerk <folder>', 'or with key.pem and mandate.jws of a clerk of that organization')
    .option('--approval <file>', 'the second clerk’s word, where the mandate asks for one')
    .option(
      '--seq <number>',
      'number of this statement among those on its matter: `next.seq` of /api/v1/statements',
      count,
    )
    .option('--prev <hash>', 'hash of the statement before it: `next.prev`; none for number 1')
    .action(async (act: string, file: string, { as, clerk, approval, seq, prev }: Options) => {
      if ((as === undefined) === (clerk === undefined)) throw new CommandError('name --as or --clerk')
      if (approval !== undefined && clerk === undefined) throw new CommandError('--approval goes with --clerk')
      const text = await readText(file)
      const payload = jsonIn(file, text)
      const place = placeOf(act, payload, seq, prev)
      if (as !== undefined) return terminal.out(await signAct(act, payload, text, await openParty(as), place))
      const word = approval === undefined ? undefined : (await readText(approval)).trim()
      return terminal.out(await signAsClerk(act, payload, text, clerk ?? '', { place, approval: word }))
    })

type Options = {
  readonly as?: string
  readonly clerk?: string
  readonly approval?: string
  readonly seq?: number
  readonly prev?: string
}

const signAsClerk = async (
  act: string,
  payload: object,
  text: string,
  folder: string,
  more: Pick<Signing, 'place' | 'approval'>,
): Promise<string> => {
  if (!Object.hasOwn(mandatedActs, act)) throw new CommandError(`no clerk can sign a ${act}: it takes the certificate`)
  const { typ: kind } = mandatedActs[act as MandatedAct]
  const signed = 'signatures' in payload ? parseGeneral(text.trim()) : undefined
  if (signed?.ok === false) throw new CommandError(signed.detail)
  const bytes = signed?.payload ?? canonical(payload)
  const signing = { ...more, ...(await openClerk(folder, kind, bytes)), typ: kind }
  if (kind !== typ.authorization) return signCompact({ ...signing, payload: bytes })
  return signed ? countersign(text.trim(), signing) : signGeneral(bytes, signing)
}

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
