import { type DocumentKind, hideClaim, mayIssue } from '../../core/document.ts'
import type { Place } from '../../core/jws.ts'
import type { Client } from '../../core/oauth/client.ts'
import { issueSdJwt } from '../../core/sd-jwt.ts'
import { handIn } from '../../core/statement-client.ts'
import { typ } from '../../core/typ.ts'
import type { Unsigned } from '../../receivables/import/scms-trade.ts'
import type { Party } from './party.ts'
import { progressBar, type Terminal } from './terminal.ts'

export type Registration = {
  readonly registered: number
  /** Held by the node already: the import was run before. */
  readonly held: number
  /** Another party's to sign. */
  readonly left: number
}

/** The document signed by its origin, each claim of it disclosable by itself. */
export const signDocument = (
  { uscc, key, chain }: Party,
  document: Unsigned<DocumentKind>,
  place: Place | undefined,
): Promise<string> =>
  issueSdJwt({ iss: uscc, iat: Math.floor(Date.now() / 1000), ...document }, hideClaim, {
    typ: typ.document,
    key,
    x5c: chain,
    place,
  })

/** Signs and submits in the given order, one after the other: what comes later may refer to what came before. */
export async function registerDocuments(
  { party, client }: { party: Party; client: Client },
  documents: readonly Unsigned<DocumentKind>[],
  terminal: Terminal,
): Promise<Registration> {
  const own = documents.filter(it => mayIssue({ ...it, iss: party.uscc }))
  const progress = progressBar(terminal, 'documents')
  let held = 0
  for (const [i, document] of own.entries()) {
    const reply = await handIn(client, typ.document, document, async place => {
      const request = { body: await signDocument(party, document, place), type: 'application/dc+sd-jwt' }
      return (await client.json('POST', '/api/v1/documents', undefined, request)) as { repeated: boolean }
    })
    if (reply.repeated) held++
    progress(i + 1, own.length)
  }
  return { registered: own.length - held, held, left: documents.length - own.length }
}

export const registrationLine = ({ registered, held, left }: Registration): string =>
  `${registered} documents registered, ${held} were held already, ${left} are another party’s to sign`
