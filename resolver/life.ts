import { canonical } from '../core/canonical.ts'
import { Refusal } from '../core/errors.ts'
import { type Code, labelOf, parseCode } from '../core/identifier/code.ts'
import { identityOf } from '../core/identifier/identity.ts'
import type { Uscc } from '../core/uscc.ts'
import type { Tx } from '../db/database.ts'
import type { ResolverDeps } from './deps.ts'
import { codeInvalid } from './invalid.ts'
import type { Link } from './link.ts'
import { type Change, type CodeRow, type CodeState, changeCode, codesNamed } from './store.ts'

/** From each state where a code may go; the database holds it to the same. */
const moves: Readonly<Record<CodeState, readonly CodeState[]>> = {
  registered: ['active', 'withdrawn'],
  active: ['superseded', 'withdrawn'],
  superseded: ['withdrawn'],
  withdrawn: [],
}

export type Move =
  | { readonly state: 'active' }
  | { readonly state: 'superseded'; readonly successor: string }
  | { readonly state: 'withdrawn'; readonly reason: string }

type Deps = Pick<ResolverDeps, 'append'>

/** Refusals CODE_INVALID, NOT_FOUND, NOT_YOURS, CODE_STATE. */
export const move = (deps: Deps, org: Uscc, text: string, to: Move): Promise<CodeRow> =>
  change(deps, org, text, { act: 'state', ...to }, async (tx, row) => {
    if (!moves[row.state].includes(to.state)) {
      throw new Refusal('CODE_STATE', `${row.code} is ${row.state} and can not become ${to.state}`)
    }
    if (to.state === 'active') return { state: to.state }
    if (to.state === 'withdrawn') return { state: to.state, reason: to.reason, successor: null }
    const successor = await named(tx, mustParse(to.successor))
    // Only one that is in use, and later than any it replaced: chains of successors end.
    if (successor.code === row.code || successor.state !== 'active') {
      throw new Refusal('CODE_STATE', `${successor.code} is ${successor.state}: a successor is another code in use`)
    }
    return { state: to.state, successor: successor.code }
  })

/** Says anew where a code leads. Refusals CODE_INVALID, NOT_FOUND, NOT_YOURS, CODE_STATE. */
export const relink = (
  deps: Deps,
  org: Uscc,
  text: string,
  to: { readonly links: readonly Link[]; readonly description?: string | undefined },
): Promise<CodeRow> =>
  change(deps, org, text, { act: 'links', ...to }, async (_tx, row) => {
    if (row.state === 'withdrawn') throw new Refusal('CODE_STATE', `${row.code} is withdrawn`)
    return { links: to.links, ...(to.description === undefined ? {} : { description: to.description }) }
  })

/** One record in the log for each change; nobody else appends meanwhile, so what was read stays so. */
const change = async (
  { append }: Deps,
  org: Uscc,
  text: string,
  act: Readonly<Record<string, unknown>>,
  decide: (tx: Tx, row: CodeRow) => Promise<Change>,
): Promise<CodeRow> => {
  const code = mustParse(text)
  let changed: CodeRow | undefined
  await append({
    type: 'identifier',
    org,
    parties: [org],
    body: canonical({ ...act, org, code: code.text }),
    async effect(tx, { index, loggedAt }) {
      const row = await named(tx, code)
      if (row.org !== org) throw new Refusal('NOT_YOURS')
      changed = await changeCode(tx, row, await decide(tx, row), { record: index, at: loggedAt })
    },
  })
  if (changed === undefined) throw new Error('a change without a key is never a repetition')
  return changed
}

const named = async (tx: Tx, code: Code): Promise<CodeRow> => {
  const [row] = await codesNamed(tx, [identityOf(code)])
  if (row === undefined) throw new Refusal('NOT_FOUND', `${labelOf(code)} is not registered here`)
  return row
}

const mustParse = (text: string): Code => {
  const parsed = parseCode(text)
  if (!parsed.ok) throw codeInvalid(parsed.error)
  return parsed.code
}
