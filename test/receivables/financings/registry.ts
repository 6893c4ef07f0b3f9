import { expect } from 'chai'
import { sql } from 'kysely'
import type { Mark, MarkState } from '../../../core/financing.ts'
import { typ } from '../../../core/typ.ts'
import { asNode } from '../../../db/database.ts'
import { applicationRoutes } from '../../../receivables/applications/routes.ts'
import { documentRoutes } from '../../../receivables/documents/routes.ts'
import { financingRoutes } from '../../../receivables/financings/routes.ts'
import { approved, type Case, invoiced, marking, post, type Words } from '../case.ts'
import {
  expectRefusal,
  freshNonce,
  type Market,
  openMarket,
  type Party,
  type Reply,
  signAs,
  tradeOf,
} from '../market.ts'

export const keyOf = (version: number) => ({ version, key: new Uint8Array(32).fill(version) })

type Invoiced = Awaited<ReturnType<typeof invoiced>>

export type Registry = {
  readonly market: Market
  /** Newest first. */
  fingerprintKeys: { readonly version: number; readonly key: Uint8Array }[]
  /** The same receivable, put to and approved by either bank. */
  approvedBy(by: Party, given?: Invoiced, mode?: Mark['mode']): Promise<Case>
  bothBanks(trade?: ReturnType<typeof tradeOf>): Promise<readonly [Case, Case]>
  stateOf(id: string): Promise<MarkState | undefined>
  /** Entries of the registry in the log. */
  logged(): Promise<number>
  release(by: Party, id: string, changed?: object): Promise<Reply>
  /** A refused mark leaves neither row nor entry. */
  expectRefused(
    of: Case,
    words: Partial<Words>,
    status: number,
    code: Parameters<typeof expectRefusal>[2],
    by?: Party,
  ): Promise<void>
}

export const openRegistry = async (): Promise<Registry> => {
  const market = await openMarket()
  const grantees = new Map<string, string>()
  const inDatabase = <Row>(query: ReturnType<typeof sql<Row>>) =>
    asNode(market.database.db, tx => query.execute(tx)).then(({ rows }) => rows[0])
  const registry: Registry = {
    market,
    fingerprintKeys: [keyOf(1)],
    approvedBy(by, given, mode = '信用贷') {
      const authorization = crypto.randomUUID()
      grantees.set(authorization, by.uscc)
      return approved(market, by, given, { authorization, mode })
    },
    async bothBanks(trade = tradeOf(market)) {
      const given = await invoiced(market, trade)
      return [await registry.approvedBy(market.bank, given), await registry.approvedBy(market.otherBank, given)]
    },
    stateOf: async id =>
      (await inDatabase(sql<{ state: MarkState }>`select state from financings where id = ${id}`))?.state,
    logged: async () =>
      Number((await inDatabase(sql<{ n: bigint }>`select count(*) as n from records where type = 'financing'`))?.n),
    release: async (by, id, changed) =>
      market.post(
        by,
        `/api/v1/financings/${id}/release`,
        await signAs(by, typ.financingRelease, {
          ...{ financing: id, bank: by.uscc, reason: 'repaid', nonce: freshNonce(), iat: '2026-03-15T07:59:50Z' },
          ...changed,
        }),
      ),
    async expectRefused(of, words, status, code, by = market.bank) {
      const before = await registry.logged()
      const { body, mark } = await marking(market, of, words, by)
      expectRefusal(await post(market, by, body), status, code)
      expect(await registry.stateOf(mark.id)).to.equal(undefined)
      expect(await registry.logged()).to.equal(before)
    },
  }
  await market.serve([
    ...documentRoutes(market.deps),
    ...applicationRoutes({
      ...market.deps,
      authorizationOf: async (_tx, id) => ({
        subject: market.seller.uscc,
        grantee: grantees.get(id) ?? market.bank.uscc,
      }),
    }),
    ...financingRoutes({
      ...market.deps,
      get fingerprintKeys() {
        return registry.fingerprintKeys
      },
    }),
  ])
  return registry
}
