import { Command } from 'commander'
import { agreementText, showsWhatWasSigned, withAgreementHash } from '../../core/authorization/agreement.ts'
import { type Authorization, authorizationSchema, parseAuthorization } from '../../core/authorization.ts'
import { canonical } from '../../core/canonical.ts'
import { countersign, parseGeneral, signGeneral } from '../../core/jws-general.ts'
import type { Client } from '../../core/oauth/client.ts'
import { nextPlace } from '../../core/statement-client.ts'
import { parseJson } from '../../core/strict-json.ts'
import { typ } from '../../core/typ.ts'
import { type Desk, openDesk, readText, withDesk } from './party.ts'
import { CommandError, type Terminal } from './terminal.ts'

type Options = Desk & { readonly sign?: boolean; readonly json?: boolean }
type View = { readonly id: string; readonly state: string; readonly signed?: string }

const type = 'application/jose+json'
const path = '/api/v1/authorizations'

/**
 * A legal act: nothing is signed before somebody has had its words before his eyes. The words are made here, of the very
 * payload that is signed, so that no node can show one agreement and have another signed.
 */
export const authorizeCommand = (terminal: Terminal): Command =>
  withDesk(new Command('authorize'))
    .description('show the agreement that terms make; with --sign sign and submit it. A bank names its id instead')
    .argument('<terms>', 'JSON file with the terms, or the id of an authorization to countersign')
    .option('--sign', 'sign what is shown, and submit it')
    .option('--json', 'for machines')
    .action(async (terms: string, { sign, json, ...desk }: Options) => {
      const { party, client } = await openDesk(desk)
      const before = isId(terms) ? await signedAuthorization(client, terms) : undefined
      const payload = before?.payload ?? readTerms(terms, await readText(terms))
      const side = before ? payload.grantee : payload.subject
      if (side.uscc !== party.uscc) throw new CommandError(`it is ${side.name} (${side.uscc}) that must sign this`)
      if (!json) terminal.out(agreementText(payload).trimEnd())
      if (!sign) {
        terminal.out(
          json ? JSON.stringify({ payload, text: agreementText(payload) }) : '\nNot signed: --sign signs this.',
        )
        return
      }
      const place = await nextPlace(client, typ.authorization, payload)
      const signing = { typ: typ.authorization, key: party.key, x5c: party.chain, place }
      const [to, body] = before
        ? [`${path}/${terms}/countersignature`, await countersign(before.signed, signing)]
        : [path, await signGeneral(canonical(payload), signing)]
      const { id, state } = (await client.json('POST', to, undefined, { body, type })) as View
      terminal.out(json ? JSON.stringify({ id, state }) : `\n${id}: ${state}`)
    })

const isId = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)

const signedAuthorization = async (client: Client, id: string) => {
  const { signed } = (await client.json('GET', `${path}/${id}`)) as View
  if (signed === undefined) throw new CommandError(`${id}: its subject has not signed it`)
  const parsed = parseGeneral(signed)
  if (!parsed.ok) throw new CommandError(`${id}: ${parsed.detail}`)
  const payload = parseAuthorization(parsed.payload)
  if (payload.id !== id) throw new CommandError(`${id}: the node answered with another authorization`)
  if (!showsWhatWasSigned(payload)) throw new CommandError(`${id}: its words are other than those that were signed`)
  return { signed, payload }
}

/** The hash of the words is put in here, so terms come without it. */
const readTerms = (file: string, text: string): Authorization => {
  const terms: unknown = parseJson(text)
  const given = typeof terms === 'object' && terms !== null ? terms : {}
  const agreement = 'agreement' in given && typeof given.agreement === 'object' ? given.agreement : {}
  const checked = authorizationSchema.safeParse({ ...given, agreement: { ...agreement, hash: 'A'.repeat(43) } })
  if (checked.success) return withAgreementHash(checked.data)
  const [issue] = checked.error.issues
  throw new CommandError(`${file}: /${issue?.path.join('/')} ${issue?.message}`)
}
