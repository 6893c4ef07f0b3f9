import { isPositive } from '../quantity.ts'
import type { Case } from './case.ts'
import { latestAnswer, validAnswer } from './checks/answer.ts'
import type { OpenAmount } from './open.ts'
import { stated, statedDifferently } from './stated.ts'

/** How far a receivable has come, as the trade calls it; the last that is reached. */
export const receivableStates = ['已验收', '已收票', '已对账', '已挂账', '部分付款', '已付清'] as const
export type ReceivableState = (typeof receivableStates)[number]

/** Undefined before anything was accepted and while the hospital has not said that it has the invoice. */
export const receivableState = (it: Case, amounts: OpenAmount): ReceivableState | undefined => {
  const { paid, deducted, open } = amounts
  const settled = paid.minor + deducted.minor
  if (settled > 0n) return open.minor === 0n ? '已付清' : '部分付款'
  const agreed = validAnswer(it)
  // Booked is what it says that it will pay, on that day; agreed, what it knows by number and amount.
  if (agreed?.answer.dueConfirmed === true && agreed.numberAndAmount) return '已挂账'
  const agreesByStatement = stated(it) !== undefined && !statedDifferently(it, amounts)
  if (agreed?.numberAndAmount === true || agreesByStatement) return '已对账'
  const status = latestAnswer(it)?.answer.status
  if (status !== undefined && status !== 'RE') return '已收票'
  const { claims } = it.invoice
  const own = it.trade.lines.filter(({ facts }) => claims?.lines.some(({ orderLine }) => orderLine === facts.line))
  return own.length > 0 && own.every(({ match }) => isPositive(match.accepted)) ? '已验收' : undefined
}
