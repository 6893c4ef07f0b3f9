import type { AddressInfo } from 'node:net'
import { type Answer, type AnswerRpc, jsonRpcServer } from '../../../ledger/chain/json-rpc-server.ts'

/** What an endpoint in front of a chain makes of one call: its own answer, or undefined to pass it on. */
export type Rule = (method: string, params: readonly unknown[]) => Answer | Promise<Answer> | undefined

/**
 * An endpoint before a real chain with the ways of some provider: limits, other error wordings, lost receipts. Chains
 * other than the embedded one can't run here, and these are the differences that the adapter is for.
 */
export const openGateway = async (url: string, rule: Rule): Promise<{ url: string; close: () => Promise<void> }> => {
  const pass: AnswerRpc = async (method, params) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    return (await (await fetch(url, { method: 'POST', body })).json()) as Answer
  }
  const server = jsonRpcServer(async (method, params) => rule(method, params) ?? (await pass(method, params)))
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise(done => server.close(done))
    },
  }
}

/** The fault or error that a promise rejects with; fails the test when it does not reject. */
export const rejection = async (promise: Promise<unknown>): Promise<unknown> => {
  const unwanted = Symbol()
  const outcome = await promise.then(
    () => unwanted,
    (error: unknown) => error,
  )
  if (outcome === unwanted) throw new Error('expected a rejection')
  return outcome
}
