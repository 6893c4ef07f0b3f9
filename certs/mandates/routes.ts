import { readAct } from '../../core/act.ts'
import { utf8 } from '../../core/bytes.ts'
import { type Route, route } from '../../core/contract.ts'
import { Refusal } from '../../core/errors.ts'
import { mandateRevocationSchema, parseMandate } from '../../core/mandate.ts'
import type { SignerOf } from '../../core/signer.ts'
import { typ } from '../../core/typ.ts'
import { parseUscc } from '../../core/uscc.ts'
import { asOrganization } from '../../db/database.ts'
import { keepMandate, type MandateDeps, parsed } from './admit.ts'
import { giveMandate, listMandates, revokeMandate } from './contract.ts'
import { type MandateRow, readMandate, listMandates as readMandates, setMandateRevoked } from './store.ts'

/** Mandates by which clerks act. The organization signs them with its certificate; no clerk can give one. */
export const mandateRoutes = (deps: MandateDeps & { readonly signerOf: SignerOf }): Route[] => [
  route(giveMandate, async ({ body: text, caller }) => {
    const jws = parsed(text)
    const signer = await deps.signerOf(jws, typ.mandate)
    const { organization } = read(() => parseMandate(jws.payload))
    mustBeOwn(signer.uscc, organization, caller.uscc)
    return { body: show(await keepMandate(deps, jws)) }
  }),

  route(listMandates, async ({ query: { after, limit }, caller }) => {
    const rows = await asOrganization(deps.db, caller.uscc, tx =>
      readMandates(tx, caller.uscc, after ?? -1n, limit + 1),
    )
    const items = rows.slice(0, limit)
    return { body: { items: items.map(show), next: rows.length > limit ? String(items.at(-1)?.logIndex) : null } }
  }),

  route(revokeMandate, async ({ params: { id }, body: text, caller }) => {
    const jws = parsed(text)
    const signer = await deps.signerOf(jws, typ.mandateRevocation)
    const { organization, mandate } = read(() => readAct(mandateRevocationSchema, jws.payload))
    mustBeOwn(signer.uscc, organization, caller.uscc)
    if (mandate !== id) throw new Refusal('SIGNATURE_WRONG_ACT', 'The revocation is of another mandate')
    const held = () => asOrganization(deps.db, caller.uscc, tx => readMandate(tx, id))
    const row = await held()
    if (row === undefined) throw new Refusal('MANDATE_UNKNOWN')
    if (row.revokedAt === null) {
      const org = parseUscc(organization)
      await deps
        .append({
          type: 'mandate',
          org,
          parties: [org],
          body: utf8(text),
          clientKey: `revoke ${id}`,
          effect: (tx, { loggedAt }) => setMandateRevoked(tx, id, loggedAt),
        })
        .catch(error => {
          // Another revocation of it came first: it is revoked.
          if (!(error instanceof Refusal && error.code === 'IDEMPOTENCY_CONFLICT')) throw error
        })
    }
    return { body: show((await held())!) }
  }),
]

const mustBeOwn = (signer: string, organization: string, caller: string): void => {
  if (signer !== organization) throw new Refusal('SIGNER_MISMATCH', 'An organization gives mandates for itself')
  if (caller !== signer) throw new Refusal('NOT_YOURS', 'Submit what your own organization signed')
}

const read = <Act>(parse: () => Act): Act => {
  try {
    return parse()
  } catch (error) {
    throw error instanceof SyntaxError ? new Refusal('MANDATE_INVALID', error.message) : error
  }
}

const show = ({ mandate, loggedAt, revokedAt, logIndex }: MandateRow) => ({
  mandate: parseMandate(parsed(mandate).payload),
  jws: mandate,
  loggedAt: loggedAt.toISOString(),
  revokedAt: revokedAt?.toISOString() ?? null,
  logIndex: String(logIndex),
})
