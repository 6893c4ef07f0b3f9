import { Refusal } from '../../core/errors.ts'

/**
 * The head row was read in the transaction that writes: another term there means that another process has taken over
 * since this one was told that it may write, however long it has slept in between.
 */
export const expectTerm = (head: { readonly term: bigint }, term: bigint): void => {
  if (head.term !== term) throw new Refusal('LOG_ELSEWHERE')
}
