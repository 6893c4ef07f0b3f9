import { z } from 'zod'
import { parseJson } from '../../core/strict-json.ts'
import { usccSchema } from '../../core/uscc.ts'

const peer = z.strictObject({
  /** What records of ours call this node; never changed, as cursors go by it. */
  name: z.string().regex(/^[a-z0-9-]{1,40}$/, 'expected lower-case letters, digits and dashes'),
  /** Base URL, and issuer identifier of its tokens. */
  url: z.url({ protocol: /^https?$/, error: 'expected an http or https address' }).refine(it => !it.endsWith('/'), {
    error: 'expected no slash at the end',
  }),
  /** Whether it keeps the register of financings. */
  registry: z.boolean().default(false),
  /** On whose behalf this node acts there: the organization whose certificate endorsed our node key to it. */
  organization: usccSchema,
  /** Where the revocation lists of its CA are, if we trust that CA. */
  revocationLists: z.array(z.url({ protocol: /^https?$/ })).default([]),
})
export type Peer = z.output<typeof peer>

const peers = z
  .array(peer)
  .max(1_000)
  .refine(it => new Set(it.map(({ name }) => name)).size === it.length, 'a name appears twice')
  .refine(it => it.filter(({ registry }) => registry).length <= 1, 'more than one peer is the registry')

/** PEERS_FILE. Throws SyntaxError that names the place of the first thing wrong. */
export const parsePeers = (text: string): readonly Peer[] => {
  const result = peers.safeParse(parseJson(text))
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new SyntaxError(`${issue?.path.join('.') || 'peers file'}: ${issue?.message ?? 'not valid'}`)
}
