import type { Resource } from '../../core/authorization.ts'
import type { SignerOf } from '../../core/signer.ts'
import type { Db, Tx } from '../../db/database.ts'
import type { AppendAll } from '../log.ts'

export type AuthorizationDeps = {
  readonly db: Db
  readonly appendAll: AppendAll
  readonly signerOf: SignerOf
  /** Whether a certificate that signed here has been revoked since, by base64url SHA-256. */
  readonly isRevoked: (thumbprint: string) => Promise<boolean>
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
