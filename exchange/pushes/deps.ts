import type { SignerOf } from '../../core/signer.ts'
import type { Tx } from '../../db/database.ts'
import type { ApplicationMaterial } from '../releases/material.ts'
import type { ReleaseDeps } from '../releases/release.ts'

export type Answer = { readonly status: number; readonly body: string }

export type PushDeps = ReleaseDeps & {
  readonly signerOf: SignerOf
  /** Origin of this node's log. */
  readonly origin: string
  readonly applicationMaterial: (tx: Tx, id: string) => Promise<ApplicationMaterial | undefined>
  /** An alert as logged, compact JWS by the node key; undefined where it is gone. Reads as the node. */
  readonly alertMaterial: (tx: Tx, id: string) => Promise<string | undefined>
  /** Gives a chain the moment that it takes to have these records: what goes out before then can't be told from a gap. */
  readonly settled: (records: readonly bigint[]) => Promise<void>
  /** Refusal DESTINATION_FORBIDDEN where nothing may be sent. */
  readonly mustBeAllowed: (url: string) => void
  /** Follows no redirect, and leads into nobody's own network. Rejects where there is no answer in time. */
  readonly post: (url: string, headers: Readonly<Record<string, string>>, body: Uint8Array) => Promise<Answer>
}
