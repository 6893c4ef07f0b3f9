import { equal } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import { type DocumentKind, hideClaim, mayIssue } from '../../core/document.ts'
import { Refusal } from '../../core/errors.ts'
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
    if (await isHeld(party, client, document)) held++
    progress(i + 1, own.length)
  }
  return { registered: own.length - held, held, left: documents.length - own.length }
}

/**
 * Whether the node had it. Other content under the same number is signed as the version after the newest, and both are
 * kept; the newest again is no new one.
 */
const isHeld = async (party: Party, client: Client, document: Unsigned<DocumentKind>): Promise<boolean> => {
  try {
    return await submit(party, client, document)
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'DOCUMENT_EXISTS') throw error
    const path = `/api/v1/documents/${encodeURIComponent(document.code)}`
    const newest = (await client.json('GET', path)) as { readonly version: number; readonly claims: Claims }
    if (equal(contentOf(newest.claims), contentOf(document))) return true
    return submit(party, client, { ...document, version: newest.version + 1 })
  }
}

const submit = async (party: Party, client: Client, document: Unsigned<DocumentKind>): Promise<boolean> => {
  const reply = await handIn(client, typ.document, document, async place => {
    const request = { body: await signDocument(party, document, place), type: 'application/dc+sd-jwt' }
    return (await client.json('POST', '/api/v1/documents', undefined, request)) as { repeated: boolean }
  })
  return reply.repeated
}

type Claims = Readonly<Record<string, unknown>>

/** What it says, whenever and in whichever version. */
const contentOf = (claims: object): Uint8Array => {
  const { iss: _, iat: __, version: ___, ...content }: Claims = { ...claims }
  return canonical(content)
}

export const registrationLine = ({ registered, held, left }: Registration): string =>
  `${registered} documents registered, ${held} were held already, ${left} are another party’s to sign`
