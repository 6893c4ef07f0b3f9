import type { z } from 'zod'
import { Refusal, type RefusalCode } from '../../core/errors.ts'

type Part = 'path' | 'query' | 'body'
/** One thing wrong with a request: where, and the rule that it breaks. */
type Problem = { readonly path: readonly PropertyKey[]; readonly rule: string; readonly message: string }

/**
 * What the schema makes of one part of a request.
 * @param own codes of the contract's own, by the pointers that they are about
 * Refusal INVALID_REQUEST, or one of `own`, with up to 20 problems by pointer and rule.
 */
export const parsePart = (
  schema: z.ZodType | undefined,
  value: unknown,
  where: Part,
  own: readonly (readonly [at: RegExp, code: RefusalCode])[] = [],
): unknown => {
  if (!schema) {
    if (where === 'query' && value !== undefined) throw new Refusal('INVALID_REQUEST', 'This address takes no query')
    return undefined
  }
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const problems = problemsOf(result.error.issues, [])
    .slice(0, 20)
    .map(({ path, rule, message }) => ({
      ...{ in: where, pointer: path.map(it => `/${String(it)}`).join(''), rule, message },
    }))
  const [first] = problems
  const code = own.find(([at]) => at.test(first?.pointer ?? ''))?.[1] ?? 'INVALID_REQUEST'
  const at = first?.pointer ? `${where} ${first.pointer}` : where
  throw new Refusal(code, `${at}: ${first?.message ?? 'not valid'}`, { errors: problems })
}

const problemsOf = (issues: readonly z.core.$ZodIssue[], above: readonly PropertyKey[]): readonly Problem[] =>
  issues.flatMap((issue): readonly Problem[] => {
    const path = [...above, ...issue.path]
    const nearest = issue.code === 'invalid_union' ? nearestOf(issue.errors.map(it => problemsOf(it, path))) : undefined
    // Of choices between single values there is nothing better to say than that it is none of them.
    if (nearest?.some(it => it.path.length > path.length)) return nearest
    return [{ path, rule: ruleOf(issue), message: issue.message }]
  })

/** Of several forms that something may have, the one in which it came furthest is the one that was meant. */
const nearestOf = (forms: readonly (readonly Problem[])[]): readonly Problem[] | undefined =>
  forms.toSorted((a, b) => depth(b) - depth(a) || a.length - b.length)[0]

const depth = (problems: readonly Problem[]): number => Math.max(0, ...problems.map(it => it.path.length))

/** As the schema calls it; a check of our own says which it is. */
const ruleOf = (issue: z.core.$ZodIssue): string => {
  const rule = issue.code === 'custom' ? issue.params?.rule : undefined
  return typeof rule === 'string' ? rule : issue.code
}
