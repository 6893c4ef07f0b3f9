import { sha256 } from '#sha256'
import { hex } from '../../core/bytes.ts'
import { Refusal } from '../../core/errors.ts'
import {
  type Consent,
  consentSchema,
  type Mark,
  type MarkAct,
  type MarkState,
  markSchema,
} from '../../core/financing.ts'
import { less, parseDecimal } from '../../core/quantity.ts'
import type { SignerOf } from '../../core/signer.ts'
import { typ } from '../../core/typ.ts'
import { asNode, type Db, type Tx } from '../../db/database.ts'
import { type ApplicationRow, lockApplication, moveApplication } from '../applications/store.ts'
import { invoiceAsLogged } from '../documents/store.ts'
import { matchedLines } from '../reports/store.ts'
import type { AppendAll, Entry, Logged } from '../seams.ts'
import { appendAct, mustBeBy, mustBePast, readSignedAct, type SignedAct } from '../signed-act.ts'
import { type ChainRegistry, expiryOf, mustNameContract, onChain } from './chain.ts'
import { type Fingerprint, type FingerprintKey, fingerprints } from './fingerprint.ts'
import { mustBeGoodsOf } from './goods.ts'
import { type FinancingRow, findFinancing, hasMark, isHeld, isUnfunded, putAct, putMark, restand } from './store.ts'

export type RegistryDeps = {
  readonly db: Db
  readonly now: () => Date
  readonly signerOf: SignerOf
  readonly appendAll: AppendAll
  /** Newest first, at least one. */
  readonly fingerprintKeys: readonly FingerprintKey[]
  /** Absent where this registry decides alone. */
  readonly chain?: ChainRegistry
}

export type Done = { readonly row: FinancingRow; readonly logged: Logged }

/**
 * Takes a bank's mark with the seller's consent. Whoever comes first holds the receivable and its goods; everybody else
 * is refused with RECEIVABLE_ALREADY_FINANCED, or registered as DFIN, and isn't told by whom.
 */
export const markFinancing = async (
  deps: RegistryDeps,
  caller: string,
  jws: { readonly mark: string; readonly consent: string },
): Promise<Done> => {
  const mark = await readSignedAct(deps, jws.mark, { typ: typ.financingMark, schema: markSchema })
  const consent = await readSignedAct(deps, jws.consent, { typ: typ.financingConsent, schema: consentSchema })
  mustBeBy(mark.signer, mark.act.bank, caller)
  if (consent.signer.uscc !== consent.act.seller)
    throw new Refusal('SIGNER_MISMATCH', 'The consent is not the seller’s')
  mustBePast(mark.act.iat, deps.now())
  mustCover(consent, mark.act, deps.now())
  mustNameContract(consent.act, deps.chain?.contract)
  const keys = fingerprints(deps.fingerprintKeys, {
    number: mark.act.invoice.number,
    seller: mark.act.seller,
    serials: mark.act.goods.serials,
  })
  const { bank, seller, id } = mark.act
  await mustBeFreeElsewhere(deps, mark.act, keys)
  let consented: Entry | undefined
  const [, logged] = await appendAct(
    deps.appendAll,
    {
      type: 'financing',
      org: seller,
      parties: [seller, bank],
      body: consent.body,
      nonce: consent.act.nonce,
      effect: async (_tx, entry) => {
        consented = entry
      },
    },
    {
      type: 'financing',
      org: bank,
      parties: [bank, seller],
      body: mark.body,
      nonce: mark.act.nonce,
      statements: mark.statements,
      effect: async (tx, entry) => {
        const application = await mustBeApproved(tx, mark.act)
        const before = await mustBeSame(tx, mark.act, deps.now())
        const held = await isHeld(tx, id, mark.act.goods, keys)
        const expires = expiryOf(consent.act, entry.loggedAt)
        await putMark(tx, entry, mark.act, nextState(before, mark.act.act, held), keys, expires)
        await deps.chain?.want(tx, {
          financing: id,
          wanted: wanted[mark.act.act],
          fingerprints: onChain(keys),
          signed: sha256(mark.body),
          consentHash: consent.hash,
          expires,
        })
        // A consent that was logged before has its row already, under the financing it was for.
        await putAct(tx, consented ?? entry, {
          financing: id,
          signer: seller,
          kind: 'consent',
          nonce: consent.act.nonce,
        })
        await putAct(tx, entry, { financing: id, signer: bank, kind: 'mark', nonce: mark.act.nonce })
        await restand(tx, id, entry.loggedAt)
        if (mark.act.act === 'finance' && application.state === 'approved') {
          await moveApplication(tx, application.id, 'financed', entry.loggedAt)
        }
      },
    },
  )
  deps.chain?.poke()
  const row = await asNode(deps.db, tx => findFinancing(tx, id))
  return { row: row!, logged: logged! }
}

/** What the chain is asked for. */
const wanted = { register: 'REGU', hold: 'PNDG', finance: 'FNCD' } as const satisfies Record<MarkAct, MarkState>

/** What another registry holds is known before anything is logged. In the end the order on the chain decides. */
const mustBeFreeElsewhere = async (deps: RegistryDeps, mark: Mark, keys: readonly Fingerprint[]): Promise<void> => {
  if (deps.chain === undefined || mark.act === 'register') return
  if (await deps.chain.isHeldElsewhere(onChain(keys))) throw new Refusal('RECEIVABLE_ALREADY_FINANCED')
}

/** The consent must be for this bank, this invoice, these terms, and still stand. Refusal CONSENT_INVALID. */
const mustCover = ({ act: consent, hash }: SignedAct<Consent>, mark: Mark, now: Date): void => {
  const wrong = (what: string): never => {
    throw new Refusal('CONSENT_INVALID', `The seller’s consent ${what}`)
  }
  if (hex(hash) !== mark.consent) wrong('is another one than the mark names')
  if (consent.application !== mark.application) wrong('is for another application')
  if (consent.bank !== mark.bank || consent.seller !== mark.seller) wrong('is between other parties')
  if (consent.invoice !== mark.invoice.code || consent.commitment !== mark.invoice.commitment) {
    wrong('is on another invoice')
  }
  if (consent.mode !== mark.mode || consent.recourse !== mark.recourse) wrong('is for another kind of financing')
  if (consent.currency !== mark.invoice.currency || BigInt(consent.amount) < BigInt(mark.amount)) {
    wrong(`goes up to ${consent.amount} ${consent.currency}`)
  }
  if (Date.parse(consent.deadline) <= now.getTime()) wrong(`ended at ${consent.deadline}`)
  mustBePast(consent.iat, now)
}

/** To register interest an application is enough; to hold or finance takes the bank's own approval. */
const mustBeApproved = async (tx: Tx, mark: Mark): Promise<ApplicationRow> => {
  const row = await lockApplication(tx, mark.application)
  if (row.bank !== mark.bank || row.seller !== mark.seller) throw new Refusal('APPLICATION_UNKNOWN')
  const { invoices, mode, recourse } = row.application
  const { code, commitment } = mark.invoice
  if (!invoices.some(invoice => invoice.code === code && invoice.commitment === commitment)) {
    throw new Refusal('DOCUMENT_UNKNOWN', 'The invoice is not in this application')
  }
  if (mode !== mark.mode || recourse !== mark.recourse) {
    throw new Refusal('CONSENT_INVALID', 'The application is for another kind of financing')
  }
  const states = mark.act === 'register' ? ['submitted', 'reported', 'referred', 'approved'] : ['approved', 'financed']
  if (!states.includes(row.state)) {
    throw new Refusal(
      'APPLICATION_STATE',
      `The application is ${row.state}; to ${mark.act} takes ${states.join(' or ')}`,
    )
  }
  const invoice = await invoiceAsLogged(tx, { code, commitment, seller: mark.seller })
  const found = (await matchedLines(tx, mark.application, commitment)) ?? []
  const kept = new Map(found.map(it => [it.line, less(parseDecimal(it.accepted), parseDecimal(it.returned))]))
  mustBeGoodsOf(invoice, mark, kept)
  return row
}

/** A later mark takes the same financing further: bank, application and invoice stay. */
const mustBeSame = async (tx: Tx, mark: Mark, now: Date): Promise<MarkState | undefined> => {
  const before = await findFinancing(tx, mark.id)
  if (before === undefined) {
    if (await hasMark(tx, mark.application, mark.invoice.code)) {
      throw new Refusal('FINANCING_STATE', 'The application has a financing of this invoice: take that one further')
    }
    return undefined
  }
  if (before.bank !== mark.bank) throw new Refusal('FINANCING_UNKNOWN')
  if (before.application !== mark.application || hex(before.commitment) !== mark.invoice.commitment) {
    throw new Refusal('FINANCING_STATE', 'A financing stays on its invoice')
  }
  // The contract let it go at that instant, swept here or not.
  if (isUnfunded(before.state) && before.expires_at !== null && before.expires_at <= now) {
    throw new Refusal('FINANCING_STATE', `The mark was not financed by ${before.expires_at.toISOString()}`)
  }
  return before.state
}

/** Where each act may start from. */
const starts = {
  register: [undefined],
  hold: [undefined, 'REGU', 'REDU', 'DFIN'],
  finance: [undefined, 'REGU', 'REDU', 'DFIN', 'PNDG'],
} as const satisfies Record<MarkAct, readonly (MarkState | undefined)[]>

const nextState = (before: MarkState | undefined, act: MarkAct, held: boolean): MarkState => {
  if (!(starts[act] as readonly (MarkState | undefined)[]).includes(before)) {
    throw new Refusal('FINANCING_STATE', `The financing is ${before}: it can not ${act}`)
  }
  // What else there is on it is looked at once the mark stands.
  if (act === 'register') return 'REGU'
  // Not a word of who or since when: the loser learns only that somebody was first.
  if (held) throw new Refusal('RECEIVABLE_ALREADY_FINANCED')
  return act === 'hold' ? 'PNDG' : 'FNCD'
}
