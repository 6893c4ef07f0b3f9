import { Command } from 'commander'
import type { Authorization } from '../../core/authorization.ts'
import { canonical } from '../../core/canonical.ts'
import { countersign, signGeneral } from '../../core/jws-general.ts'
import { parseJson } from '../../core/strict-json.ts'
import { typ } from '../../core/typ.ts'
import { type Desk, openDesk, readText, withDesk } from './party.ts'
import { CommandError, type Terminal } from './terminal.ts'

type View = { id: string; state: string; payload: Authorization; text: string; signed?: string }
type Options = Desk & { readonly sign?: boolean; readonly json?: boolean }

const type = 'application/jose+json'
const path = '/api/v1/authorizations'

/** A legal act: nothing is signed before somebody has had its words before his eyes. */
export const authorizeCommand = (terminal: Terminal): Command =>
  withDesk(new Command('authorize'))
    .description('show the agreement that terms make, or with --sign sign and submit it; a bank gives its id instead')
    .argument('<terms>', 'JSON file with the terms, or the id of an authorization to countersign')
    .option('--sign', 'sign what is shown, and submit it')
    .option('--json', 'for machines')
    .action(async (terms: string, options: Options) => {
      const { party, client } = await openDesk(options)
      const signing = { typ: typ.authorization, key: party.key, x5c: party.chain }
      const send = async (to: string, body: string) =>
        (await client.json('POST', to, undefined, { body, type })) as View
      const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(terms)
      const shown = (await (isId
        ? client.json('GET', `${path}/${terms}`)
        : client.json('POST', '/api/v1/authorization-drafts', parseJson(await readText(terms))))) as View
      if (!options.json) terminal.out(shown.text)
      if (!options.sign) {
        if (options.json) terminal.out(JSON.stringify(shown))
        else terminal.out('\nNot signed: give --sign to sign and submit this.')
        return
      }
      if (isId && shown.signed === undefined) throw new CommandError(`${terms}: its subject has not signed it`)
      const view =
        isId && shown.signed
          ? await send(`${path}/${terms}/countersignature`, await countersign(shown.signed, signing))
          : await send(path, await signGeneral(canonical(shown.payload), signing))
      terminal.out(options.json ? JSON.stringify(view) : `\n${view.id}: ${view.state}`)
    })
