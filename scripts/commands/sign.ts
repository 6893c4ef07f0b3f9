import { Argument, Command } from 'commander'
import { canonical } from '../../core/canonical.ts'
import { documentSchema } from '../../core/document.ts'
import { signCompact } from '../../core/jws.ts'
import { countersign, signGeneral } from '../../core/jws-general.ts'
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
  'key-endorsement': typ.keyEndorsement,
  tombstone: typ.tombstone,
} as const
const kinds = [...Object.keys(acts), 'authorization', 'document']

export const signCommand = (terminal: Terminal): Command =>
  new Command('sign')
    .description('sign an act from a JSON file and print it, ready to be submitted; asks no node')
    .addArgument(new Argument('<act>').choices(kinds))
    .argument('<file>', 'its payload in JSON; for a countersignature the authorization as first signed')
    .requiredOption('--as <folder>', 'folder with key.pem and chain.pem of the organization that signs')
    .action(async (act: string, file: string, { as }: { as: string }) => {
      const text = await readText(file)
      terminal.out(await signAct(act, parse(file, text), text, await openParty(as)))
    })

const signAct = async (act: string, payload: object, text: string, party: Party): Promise<string> => {
  const { key, chain: x5c } = party
  if (act === 'authorization') {
    const signing = { typ: typ.authorization, key, x5c }
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
    return signDocument(party, document)
  }
  const found = Object.entries(acts).find(([name]) => name === act)
  if (!found) throw new CommandError(`there is no act ${act}`)
  return signCompact({ typ: found[1], payload: canonical(payload), key, x5c })
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
