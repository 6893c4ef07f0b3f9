import { sha256 } from '#sha256'
import { base64url } from '../core/bytes.ts'
import { canonical } from '../core/canonical.ts'
import type { Code } from '../core/identifier/code.ts'
import { signCompact } from '../core/jws.ts'
import { typ } from '../core/typ.ts'
import type { ResolverDeps } from './deps.ts'
import type { Level } from './resolve.ts'

/** Why there is nothing to show, or the levels that were shown. */
export type Outcome = { readonly refused: string } | { readonly levels: readonly Level[] }

/**
 * The node's signed word on what a code was at a time: compact JWS, typ `tallystick.resolution+jws`, over `{version, log:
 * {origin, size}, code, at, answeredAt, outcome}`. `size` is where the log stood when it answered; each level names the
 * record that made it so, and the SHA-256 of the RFC 8785 form of its description and links.
 */
export async function signResolution(
  { log, nodeKey, now }: Pick<ResolverDeps, 'log' | 'nodeKey' | 'now'>,
  code: Code,
  at: Date,
  outcome: Outcome,
): Promise<string> {
  const payload = {
    version: 1,
    log: { origin: log.origin, size: String(await log.size()) },
    code: code.text,
    at: at.toISOString(),
    answeredAt: now().toISOString(),
    outcome:
      'refused' in outcome
        ? { refused: outcome.refused }
        : {
            levels: outcome.levels.map(({ code: { text }, state = null, record, description, links }) => ({
              ...{ code: text, state, record: record === undefined ? null : String(record) },
              content: base64url(sha256(canonical({ description, links }))),
            })),
          },
  }
  return signCompact({ typ: typ.resolution, payload: canonical(payload), key: nodeKey.key, kid: nodeKey.kid })
}
