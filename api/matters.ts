import { type Demand, demandedMatters, isNamed } from '../core/authorization/matters.ts'
import { parseAuthorization } from '../core/authorization.ts'
import { utf8 } from '../core/bytes.ts'
import { Refusal } from '../core/errors.ts'
import { asNode, asOrganization, type Db } from '../db/database.ts'
import { agreementFor } from '../exchange/releases/agreement.ts'
import type { StatementDeps } from '../ledger/statements/routes.ts'
import { applicationOf } from '../receivables/applications/store.ts'
import { findQuestion } from '../receivables/confirmations/store.ts'
import { orderOf } from '../receivables/documents/store.ts'
import { tradesOfApplication } from '../receivables/reports/material.ts'

/** On whose statements a case rests: what its parties are asked to publish heads on. */
export const caseMatters = (db: Db): Pick<StatementDeps, 'applicationMatters' | 'questionMatters'> => ({
  applicationMatters: async (caller, id) => {
    const { application, state } = await asOrganization(db, caller, tx => applicationOf(tx, id))
    const purpose = state === 'financed' ? 'post-financing-monitoring' : 'receivable-financing'
    const { seller } = application
    return asNode(db, async tx => {
      const row = await agreementFor(tx, application, purpose)
      if (row === undefined) return { seller, demands: [] }
      const demands = demandedMatters(parseAuthorization(utf8(row.payload)), await tradesOfApplication(tx, id))
      return { seller, demands: demands.filter(isNamed) }
    })
  },
  questionMatters: async (caller, id) => {
    const found = await asOrganization(db, caller, tx => findQuestion(tx, id))
    if (found === undefined) throw new Refusal('QUESTION_UNKNOWN')
    const { seller, buyer, question } = found
    const order = await asNode(db, tx => orderOf(tx, question.invoice))
    const demands: Demand[] = [
      { signer: buyer, kind: 'answer', id: question.invoice },
      ...[seller, buyer].map((signer): Demand => ({ signer, kind: 'delivery', id: order })),
      ...(['order', 'billing'] as const).map((kind): Demand => ({ signer: seller, kind, id: order })),
    ]
    return { seller, demands: demands.filter(isNamed) }
  },
})
