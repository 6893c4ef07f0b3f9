import type { Certificate } from './certificate.ts'
import { checkLists, type ListTools } from './lists.ts'
import type { OcspAnswer } from './ocsp.ts'
import { checkAnswer } from './ocsp-check.ts'
import type { Finding } from './rules.ts'

/** Who may have said what became of a certificate, and by what their word is judged. */
export type StatusTools = ListTools & { readonly answers: readonly OcspAnswer[] }

/**
 * Whether a certificate stood unrevoked at an instant: by a list or an answer that was current. Whoever says revoked is
 * believed over whoever says good.
 * @param at milliseconds since 1970
 */
export const checkRevocation = async (
  certificate: Certificate,
  issuer: Certificate,
  tools: StatusTools,
  at: number,
): Promise<Finding | undefined> => {
  const byList = await checkLists(certificate, issuer, tools, at)
  if (byList?.rule === 'REVOKED' || tools.answers.length === 0) return byList
  const byAnswers: (Finding | undefined)[] = []
  for (const answer of tools.answers) byAnswers.push(await checkAnswer(answer, certificate, issuer, at, tools))
  const revoked = byAnswers.find(it => it?.rule === 'REVOKED')
  if (revoked !== undefined) return revoked
  if (byList === undefined || byAnswers.includes(undefined)) return undefined
  // What is wrong with the answer about this certificate says more than that there is no list.
  return byAnswers.find(it => it?.rule !== 'OCSP_OTHER') ?? byList
}
