import type { Resource } from '../../core/authorization.ts'
import type { Jws } from '../../core/jws.ts'
import type { Signer } from '../../core/jws-chain.ts'
import type { Typ } from '../../core/typ.ts'
import type { Db, Tx } from '../../db/database.ts'
import type { AppendAll } from '../log.ts'

export type AuthorizationDeps = {
  readonly db: Db
  readonly appendAll: AppendAll
  /** Whom the signature binds, by the chains, revocation lists and enrolments of this node. Throws a Refusal. */
  readonly signerOf: (jws: Jws, expected: Typ, at: Date) => Promise<Signer>
  /** Hex commitments of the records of this supplier that a selector stands for now. Runs as the node. */
  readonly resolveSelector: (
    tx: Tx,
    of: {
      readonly type: Resource['type']
      readonly selector: NonNullable<Resource['selector']>
      readonly subject: string
      readonly holders: readonly string[]
    },
  ) => Promise<readonly string[]>
  readonly now: () => Date
}
