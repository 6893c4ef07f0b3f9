import { sha256 } from '#sha256'
import { base64url, equal, utf8 } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import { readersOf } from '../../core/document.ts'
import { Refusal } from '../../core/errors.ts'
import type { SignerOf } from '../../core/signer.ts'
import { matterOf } from '../../core/statement.ts'
import { typ } from '../../core/typ.ts'
import { asNode, type Db, type Tx } from '../../db/database.ts'
import { mustBeRegistered } from '../organizations.ts'
import type { AppendAll, Logged } from '../seams.ts'
import { readSignedDocument, type SignedDocument } from './read.ts'
import {
  differsFromFinanced,
  insertDocument,
  type LoggedDocument,
  newestVersion,
  orderOf,
  sameNumber,
  takeCode,
} from './store.ts'

export type DocumentDeps = {
  readonly db: Db
  readonly now: () => Date
  readonly signerOf: SignerOf
  readonly appendAll: AppendAll
  /** Whose a code is by the register of this node: who registered it, else who has its prefix. */
  readonly ownerOf: (tx: Tx, code: string) => Promise<CodeOwner | undefined>
}

type CodeOwner = { readonly org: string; readonly by: 'code' | 'prefix' }

export type Registered = { readonly row: LoggedDocument; readonly logged: Logged }

/** Takes a document from its origin. The same content again, also signed anew, is answered as before. */
export const submitDocument = async (deps: DocumentDeps, caller: string, text: string): Promise<Registered> => {
  const document = await readSignedDocument(deps, text)
  if (caller !== document.claims.iss) throw new Refusal('NOT_YOURS', 'Submit what your own organization signed')
  return register(deps, document, { peer: null })
}

/**
 * Takes a copy of a document that another node holds, checked as if it had been submitted here. Logged under the salt of
 * the other node, it has the same commitment in both logs.
 */
export const takeDocument = async (
  deps: DocumentDeps,
  peer: string,
  copy: { readonly sdJwt: string; readonly salt: Uint8Array },
): Promise<Registered> => register(deps, await readSignedDocument(deps, copy.sdJwt), { peer, salt: copy.salt })

type Source = { readonly peer: string | null; readonly salt?: Uint8Array }

const register = async (deps: DocumentDeps, document: SignedDocument, source: Source): Promise<Registered> => {
  const logged = await append(deps, document, source, utf8(document.jwt)).catch(async error => {
    if (!(error instanceof Refusal) || error.code !== 'IDEMPOTENCY_CONFLICT') throw error
    const before = await asNode(deps.db, tx => sameNumber(tx, document.claims))
    if (before?.claims === null) throw new Refusal('ERASED')
    if (before?.body === undefined || !equal(before.content, document.content)) throw new Refusal('DOCUMENT_EXISTS')
    // Signed anew, it says the same: what was logged then is the answer now.
    return append(deps, document, { peer: source.peer }, before.body)
  })
  const row = await asNode(deps.db, tx => sameNumber(tx, document.claims))
  return { row: row!, logged }
}

const append = async (
  { appendAll, ownerOf }: DocumentDeps,
  document: SignedDocument,
  { peer, salt }: Source,
  body: Uint8Array,
): Promise<Logged> => {
  const { iss, kind, number, version, parties } = document.claims
  const matter = matterOf(typ.document, document.claims)
  const [logged] = await appendAll([
    {
      type: 'document',
      org: iss,
      parties: [...readersOf(document.claims)],
      body,
      clientKey: base64url(sha256(canonical([kind, number, version]))),
      ...(salt && { salt }),
      ...(matter && { statements: [{ signer: iss, matter, jws: document.jws }] }),
      effect: async (tx, entry) => {
        await mustBeRegistered(tx, parties.seller)
        await mustBeRegistered(tx, parties.buyer)
        // What another node took was judged there, by its own register.
        if (peer === null) mustBeOwn(iss, document.claims.code, await ownerOf(tx, document.claims.code))
        await takeCode(tx, document.claims)
        await mustBeNext(tx, document)
        await mustKeepOrder(tx, document)
        if (peer === null && (await differsFromFinanced(tx, document.claims))) throw new Refusal('DOCUMENT_FINANCED')
        await insertDocument(tx, entry, document.claims, { ...document, peer })
      },
    },
  ])
  return logged!
}

/**
 * All that is billed under an order is counted together (core/statement.ts): a credit note, or another version, that
 * named another order would be counted where nobody looks for it.
 */
const mustKeepOrder = async (tx: Tx, { claims }: SignedDocument): Promise<void> => {
  const invoice = claims.kind === 'credit-note' ? claims.invoice : claims.kind === 'invoice' ? claims.code : undefined
  const held = invoice === undefined ? undefined : await orderOf(tx, invoice)
  if (held !== undefined && 'order' in claims && claims.order !== held) {
    throw new Refusal('DOCUMENT_INVALID', `The invoice is under the order ${held}`)
  }
}

/** Versions follow one another: a gap would hide one from whoever gets them in order. */
const mustBeNext = async (tx: Tx, { claims }: SignedDocument): Promise<void> => {
  const newest = await newestVersion(tx, claims.code)
  if (claims.version !== newest + 1) {
    throw new Refusal('DOCUMENT_INVALID', `The next version of ${claims.code} is ${newest + 1}`)
  }
}

/** A paper's code is its issuer's to give: not one that another registered, nor one under another's prefix. */
const mustBeOwn = (iss: string, code: string, owner: CodeOwner | undefined): void => {
  if (owner === undefined || owner.org === iss) return
  if (owner.by === 'code') throw new Refusal('CODE_EXISTS', `${code} is registered to another organization`)
  throw new Refusal('PREFIX_FORBIDDEN', `The prefix of ${code} is allocated to another organization`)
}
