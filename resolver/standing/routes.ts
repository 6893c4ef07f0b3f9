import { type Route, route } from '../../core/contract.ts'
import { Refusal } from '../../core/errors.ts'
import { type Code, parents, parseCode } from '../../core/identifier/code.ts'
import { identityOf } from '../../core/identifier/identity.ts'
import { levelOf } from '../../core/identifier/level.ts'
import { asNode, type Db } from '../../db/database.ts'
import { codeInvalid } from '../invalid.ts'
import { type CodeRow, type CodeState, codesNamed } from '../store.ts'
import { codeStandings, type Standing } from './contract.ts'

/** The register is public, code by code; this is the same for many at once. */
export const standingRoutes = ({ db }: { readonly db: Db }): Route[] => [
  route(codeStandings, async ({ body }) => {
    const codes = body.codes.map(mustParse)
    const wanted = [...new Set(codes.flatMap(code => chainOf(code).map(identityOf)))]
    const rows = await asNode(db, tx => codesNamed(tx, wanted))
    const held = new Map(rows.map(row => [row.identity as string, row]))
    return { body: { items: codes.map(code => ({ code: code.text, ...standingOf(code, held) })) } }
  }),
]

const chainOf = (code: Code): readonly Code[] => [code, ...parents(code)]

/** What stands against taking a thing, the worst first: a lot that was withdrawn withdraws all that is in it. */
const graveness: readonly CodeState[] = ['withdrawn', 'superseded']

const standingOf = (code: Code, held: ReadonlyMap<string, CodeRow>) => {
  const chain = chainOf(code).flatMap(it => held.get(identityOf(it)) ?? [])
  const [nearest] = chain
  const bad = graveness.flatMap(state => chain.filter(it => it.state === state))[0]
  if (bad !== undefined) return shown(bad.state, bad)
  if (nearest === undefined) return { standing: 'unknown' as const, of: null, reason: null, successor: null }
  const own = nearest.identity === identityOf(code)
  // A lot need not be registered for itself; a serial whose item is has to be.
  return own || levelOf(code) !== 'instance' ? shown(nearest.state, nearest) : shown('unregistered', undefined)
}

const shown = (standing: Standing, row: CodeRow | undefined) => ({
  ...{ standing, of: row?.code ?? null, reason: row?.reason ?? null, successor: row?.successor ?? null },
})

const mustParse = (text: string, at: number): Code => {
  const parsed = parseCode(text)
  if (parsed.ok) return parsed.code
  const refusal = codeInvalid(parsed.error)
  throw new Refusal('CODE_INVALID', `Code ${at + 1}, ${text}: ${refusal.message}`, { ...refusal.extra, index: at })
}
