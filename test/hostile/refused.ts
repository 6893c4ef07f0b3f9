import { expect } from 'chai'
import { type RefusalCode, refusals } from '../../core/errors.ts'
import type { Actor } from '../../scripts/sample/actor.ts'
import type { DemoNode } from '../../scripts/start/world.ts'
import type { Ground } from './ground.ts'

export type Sent = {
  readonly body?: string | Uint8Array
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** One request, signed in, whatever is in it. */
export const ask = (actor: Actor, method: string, path: string, sent: Sent = {}): Promise<Response> =>
  actor.client.request(method, path, sent)

/** A problem document of exactly this code, with its status, and with nothing of our insides. */
export async function expectRefused(response: Response, code: RefusalCode): Promise<Record<string, unknown>> {
  const text = await response.text()
  expect(response.headers.get('content-type'), text).to.match(/^application\/problem\+json/)
  const problem = JSON.parse(text) as Record<string, unknown>
  expect(problem.code, text).to.equal(code)
  const [status, title] = refusals[code]
  expect(problem).to.include({ status, title, type: `urn:tallystick:problem:${code}` })
  expect(response.status).to.equal(status)
  expect(problem.detail).to.be.a('string').that.is.not.empty
  expect(problem.instance).to.equal(`urn:tallystick:request:${response.headers.get('x-request-id')}`)
  if (status === 503) expect(Number(response.headers.get('retry-after'))).to.be.above(0)
  expectNothingInternal(text)
  return problem
}

/** Stack lines, source files, SQL, names of what we stand on, places on the machine. */
const insides =
  /node_modules|\.[jt]s[:")]|^\s+at |\b(?:select|insert|update) .* (?:from|into|set)\b|kysely|postgres|constraint|relation "|ECONN|\/(?:tmp|home|root|usr|work)\//im

export const expectNothingInternal = (text: string): void => {
  expect(text).not.to.match(insides)
}

/** Runs `attempt` and expects the node that was asked to hold what it held before it. */
export async function expectNothingWritten(
  ground: Ground,
  attempt: () => Promise<unknown>,
  node: DemoNode = 'market',
): Promise<void> {
  const before = await ground.rows(node)
  await attempt()
  expect(await ground.rows(node)).to.deep.equal(before)
}

/** For what goes through a client that throws the node's refusal. */
export const expectCode = async (attempt: Promise<unknown>, code: RefusalCode): Promise<void> => {
  const error: unknown = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error, `expected ${code}`).to.include({ code })
}
