import { createDeviceKey } from '../../certs/endorsed-keys/device-key.ts'
import { keyRoutes } from '../../certs/endorsed-keys/routes.ts'
import type { Enrolment } from '../../certs/enrolment.ts'
import type { Sources } from '../../certs/evidence/sources.ts'
import { createStatusOf } from '../../certs/evidence/status.ts'
import { fetchLists } from '../../certs/fetch-lists.ts'
import { invitationRoutes } from '../../certs/invitations/routes.ts'
import type { Append } from '../../certs/log.ts'
import { createAdmit } from '../../certs/mandates/admit.ts'
import { mandateRoutes } from '../../certs/mandates/routes.ts'
import { rememberedVerify } from '../../certs/remembered-verify.ts'
import { renewalRoutes } from '../../certs/renewal/routes.ts'
import { createRevocationLists } from '../../certs/revocation-lists.ts'
import { organizationRoutes } from '../../certs/routes.ts'
import { createSignerOf } from '../../certs/signer.ts'
import { createStanding } from '../../certs/standing.ts'
import type { Anchor } from '../../core/x509/chain.ts'
import { webcryptoVerify } from '../../core/x509/webcrypto.ts'
import type { Db } from '../../db/database.ts'
import { type Ask, askIn } from '../../db/reader.ts'
import { createTokenReader, type NodeKey } from './access-token.ts'
import { createAuthenticate } from './authenticate.ts'
import { createNonces } from './nonce.ts'
import { oauthRoutes } from './routes.ts'
import type { TokenDeps } from './token.ts'
import { createUseOnce, forgetExpired } from './used-once.ts'

export type IdentityDeps = {
  readonly db: Db
  /** Where what every request asks is asked; else of `db`. */
  readonly ask?: Ask | undefined
  readonly now: () => Date
  /** CA roots of the trust file. */
  readonly anchors: readonly Anchor[]
  /** Public base URL of this node, without a trailing slash. */
  readonly issuer: string
  readonly nodeKey: NodeKey
  /** At least 32 bytes, the same in every process of this node, known to nobody else. */
  readonly nonceSecret: Uint8Array
  /** Where this node has a development CA. */
  readonly enrolment?: Enrolment | undefined
  readonly append: Append
  /** Where evidence about signatures is asked for. */
  readonly sources?: Sources | undefined
  /** Hears of responders that gave no answer that counts. */
  readonly onSilence?: ((error: unknown) => void) | undefined
  /** Where the revocation lists of outside CAs are fetched. */
  readonly listUrls?: readonly string[] | undefined
  /** Hears of lists that could not be fetched. */
  readonly onTrouble?: ((url: string, error: unknown) => void) | undefined
  readonly grantDetails: TokenDeps['grantDetails']
  /** Whether `Client-Cert` comes from a proxy that we trust, or not at all. */
  readonly mutualTls: boolean
}

/** The parts that know who is who, put together. */
export const createIdentity = (deps: IdentityDeps) => {
  const { db, now, anchors, issuer, nodeKey, nonceSecret, enrolment, append, grantDetails } = deps
  const { ask = askIn(db), mutualTls, listUrls = [], onTrouble = () => undefined } = deps
  const lists = createRevocationLists(db, ask)
  const checks = {
    db,
    ask,
    anchors,
    lists,
    verify: rememberedVerify(webcryptoVerify),
    now,
    statusOf: deps.sources && createStatusOf(deps.sources, deps.onSilence ?? (() => undefined)),
  }
  const standing = createStanding(checks)
  const signerOf = createSignerOf({ ...checks, standing, admit: createAdmit({ db, append }) })
  const useOnce = createUseOnce(db)
  const nonces = createNonces(nonceSecret, now)
  return {
    routes: [
      ...oauthRoutes({ issuer, nodeKey, nonces, useOnce, signerOf, standing, now, grantDetails, mutualTls }),
      ...organizationRoutes({ db, append, now, enrolment }),
      ...(enrolment === undefined
        ? []
        : [...invitationRoutes({ db, append, now, enrolment }), ...renewalRoutes({ db, append, now, enrolment })]),
      ...keyRoutes({ db, append, signerOf, now }),
      ...mandateRoutes({ db, append, signerOf }),
    ],
    authenticate: createAuthenticate({
      readToken: createTokenReader(issuer, nodeKey),
      standing,
      useOnce,
      mutualTls,
      now,
    }),
    signerOf,
    standing,
    lists,
    deviceKey: createDeviceKey(ask, standing, now),
    /** At start and every minute: forgets what can't be replayed any more, renews revocation lists or fetches those of others. */
    maintain: async (): Promise<void> => {
      await forgetExpired(db, now())
      await enrolment?.refresh()
      await fetchLists({ urls: listUrls, lists, fetch, onError: onTrouble })
    },
  }
}
