import { codeStandings } from '../../../resolver/standing/contract.ts'
import { call } from '../api/call.ts'
import type { Document } from '../api/lists.ts'
import type { Session } from '../session/session.tsx'
import { type Expected, expectedOf } from './event.ts'
import { type Bench, identityText, type Standing } from './verdict.ts'

/** The most that the register is asked about at once. */
const AT_ONCE = 2_000

/** How the expected codes stand, by code. */
export const standingsOf = async ({ client }: Session, expected: readonly Expected[]): Promise<Bench['standings']> => {
  const standings = new Map<string, Standing>()
  for (let at = 0; at < expected.length; at += AT_ONCE) {
    const codes = expected.slice(at, at + AT_ONCE).map(it => it.code)
    const { items } = await call(client, codeStandings, { body: { codes } })
    for (const item of items) standings.set(item.code, item)
  }
  return standings
}

/** By identity: the number of a despatch advice that has the code. */
export const elsewhereOf = (others: readonly Document[]): Bench['elsewhere'] =>
  new Map(
    others.flatMap(({ claims, number }) =>
      claims.kind === 'despatch'
        ? expectedOf(claims).flatMap(({ code }) => {
            const identity = identityText(code)
            return identity === undefined ? [] : [[identity, number] as const]
          })
        : [],
    ),
  )
