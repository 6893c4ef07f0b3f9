import { BoundedCache } from '../core/bounded-cache.ts'
import { Refusal } from '../core/errors.ts'
import { type Jws, parseCompact } from '../core/jws.ts'
import { type ChainFailure, verifyWithChain } from '../core/jws-chain.ts'
import { chainOf } from '../core/mandate/signed-by-clerk.ts'
import type { SignerOf } from '../core/signer.ts'
import type { Admit } from './mandates/admit.ts'
import { chainRefusal, type Standing, type StandingDeps } from './standing.ts'
import { insertCertificate } from './store.ts'

/** See {@link SignerOf}. Certificates that signed here are kept, so that what they endorse can be checked later. */
export const createSignerOf = ({
  db,
  anchors,
  lists,
  verify,
  now,
  standing,
  admit,
  statusOf = async () => [],
}: StandingDeps & { readonly standing: Standing; readonly admit: Admit }): SignerOf => {
  const kept = new BoundedCache<string, true>(5_000)

  return async (signed, expectedTyp, at = now()) => {
    const jws = typeof signed === 'string' ? parse(signed) : signed
    const passed = now().getTime() - at.getTime() > A_WHILE_MS
    const crls = await (passed ? lists.asAt(at) : lists.current())
    const answers = await statusOf(chainOf(jws))
    // Where a responder is silent the act is taken, and waits for its evidence (certs/evidence).
    const by = { anchors, crls, answers, at, verify, statusToCome: !passed }
    const verified = await verifyWithChain(jws, { expectedTyp, ...by })
    if (!verified.ok) throw signatureRefusal(verified)
    const { signer, payload } = verified
    const organization = await standing.organization(signer.uscc)
    if (signer.clerks !== undefined) await admit(signer.clerks, at)
    const chain = chainOf(jws)
    if (!kept.get(signer.thumbprint)) {
      await insertCertificate(db, { thumbprint: signer.thumbprint, uscc: signer.uscc, chain })
      kept.set(signer.thumbprint, true)
    }
    return { ...signer, roles: organization.roles.filter(role => signer.roles.includes(role)), chain, payload }
  }
}

/** The newest lists answer for now; older ones are read only for whoever asks about then. */
const A_WHILE_MS = 60_000

const parse = (text: string): Jws => {
  const jws = parseCompact(text)
  if (!jws.ok) throw signatureRefusal(jws)
  return jws
}

const signatureRefusal = ({ code, detail, rule, certificate }: ChainFailure): Refusal => {
  switch (code) {
    case 'JWS_TYP':
      return new Refusal('SIGNATURE_WRONG_ACT', `This is a signature over another kind of act: ${detail}`)
    case 'JWS_CHAIN':
    case 'JWS_THUMBPRINT':
      return chainRefusal(rule, certificate, detail)
    case 'JWS_MANDATE':
      return new Refusal('MANDATE_INVALID', `The clerk may not sign this: ${detail}`)
    case 'JWS_MALFORMED':
    case 'JWS_HEADER':
    case 'JWS_ALGORITHM':
    case 'JWS_KEY':
    case 'JWS_SIGNATURE':
    case 'JWS_CHAIN_MISSING':
      return new Refusal('SIGNATURE_INVALID', `The signature does not verify: ${detail}`)
    default:
      return code satisfies never as never
  }
}
