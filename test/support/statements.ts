import type { Route } from '../../core/contract.ts'
import type { SignerOf } from '../../core/signer.ts'
import type { Db } from '../../db/database.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { numbered } from '../../ledger/statements/place.ts'
import { type CaseMatters, type StatementDeps, statementRoutes } from '../../ledger/statements/routes.ts'

type Parts = {
  readonly db: Db
  readonly now: () => Date
  readonly ledger: Pick<Ledger, 'append' | 'appendAll'>
  readonly signerOf: SignerOf
}

const noCase = async (): Promise<CaseMatters> => ({ seller: '', demands: [] })

/** A log that keeps numbers, and the routes by which clients ask for them, for a node with few features. */
export const keepingNumbers = ({ db, now, ledger, signerOf }: Parts, cases: Partial<Cases> = {}) => ({
  appendAll: numbered({ db, now }, ledger.appendAll),
  routes: statementRoutes({
    ...{ db, now, signerOf, append: ledger.append, passOn: async () => undefined },
    ...{ applicationMatters: noCase, questionMatters: noCase, ...cases },
  }) as readonly Route[],
})

type Cases = Pick<StatementDeps, 'passOn'> & {
  readonly applicationMatters: (caller: string, id: string) => Promise<CaseMatters>
  readonly questionMatters: (caller: string, id: string) => Promise<CaseMatters>
}
