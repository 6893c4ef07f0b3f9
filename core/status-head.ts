import { z } from 'zod'
import { instant, nonce } from './act.ts'
import { fromBase64url } from './bytes.ts'
import { usccSchema } from './uscc.ts'

const sha256Text = z.string().refine(text => {
  try {
    return fromBase64url(text).length === 32
  } catch {
    return false
  }
}, 'expected a base64url SHA-256')

/** Up to which of its statements on one matter a signer has come. */
const headItem = z
  .strictObject({
    /** `aboutOf` the matter. */
    about: sha256Text,
    /** 0: not one. */
    seq: z.int().min(0),
    /** Of the latest statement (`statementHash`). */
    hash: sha256Text.optional(),
  })
  .refine(({ seq, hash }) => (seq === 0) === (hash === undefined), 'a statement has a hash, and none has none')
export type HeadItem = z.output<typeof headItem>

const heads = z
  .array(headItem)
  .min(1)
  .max(2_000)
  .refine(all => new Set(all.map(({ about }) => about)).size === all.length, 'a matter is named twice')

/**
 * Status head 状态头: the signer's own word, at `iat`, on how far it has come in these matters. Whoever is shown less is
 * not shown all. Payload under typ.statusHead. Name only matters of one case in it: it is shown whole.
 */
export const statusHeadSchema = z.strictObject({ signer: usccSchema, heads, nonce, iat: instant })
export type StatusHead = z.output<typeof statusHeadSchema>

/**
 * What a node says it has of a signer that published no head itself. Payload under typ.statusObservation, by the node
 * key: the word of the very node that could leave something out, and shown as such.
 */
export const statusObservationSchema = z.strictObject({
  /** Log origin. */
  node: z.string().min(1).max(200),
  signer: usccSchema,
  heads,
  asOf: instant,
})
export type StatusObservation = z.output<typeof statusObservationSchema>
