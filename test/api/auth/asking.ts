import { expect } from 'chai'
import { SignJWT } from 'jose'
import { base64 } from '../../../core/bytes.ts'
import { ASSERTION_TYPE } from '../../../core/oauth/assertion.ts'
import { type MachineKey, makeMachineKey, type Party } from '../../support/parties.ts'
import type { TestServer } from '../../support/server.ts'

/** What goes into one token request: each part can be said otherwise, or left out with undefined. */
export type Asked = {
  readonly assertion?: object
  readonly assertionHeader?: object
  readonly signedBy?: MachineKey['key']
  readonly proof?: object
  readonly proofHeader?: object
  readonly provenBy?: MachineKey
  readonly form?: Readonly<Record<string, string | undefined>>
  /** The header as it is, or none. */
  readonly dpop?: string | null
}

export type TokenAnswer = {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly headers: Headers
}

const seconds = (server: TestServer) => Math.floor(server.now().getTime() / 1000)

export const uuid = () => crypto.randomUUID()

/** Made without the product's own client, so that a mistake there is not made twice. */
export const signAssertionOf = (server: TestServer, party: Party, asked: Asked = {}): Promise<string> => {
  const iat = seconds(server)
  const claims = { iss: party.uscc, sub: party.uscc, aud: server.url, jti: uuid(), iat, exp: iat + 60 }
  return new SignJWT({ ...claims, ...asked.assertion })
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT', x5c: party.chain.map(base64), ...asked.assertionHeader })
    .sign(asked.signedBy ?? party.key)
}

export const proofOf = async (
  server: TestServer,
  key: MachineKey,
  claims: object,
  header: object = {},
): Promise<string> =>
  new SignJWT({ jti: uuid(), htm: 'POST', htu: `${server.url}/oauth/token`, iat: seconds(server), ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: key.jwk, ...header })
    .sign(key.key)

/** One request to the token endpoint. A nonce is fetched first unless the proof says one. */
export const askToken = async (server: TestServer, party: Party, asked: Asked = {}): Promise<TokenAnswer> => {
  const key = asked.provenBy ?? (await makeMachineKey())
  const nonce = asked.proof && 'nonce' in asked.proof ? undefined : await nonceOf(server)
  const proof =
    asked.dpop === undefined
      ? await proofOf(server, key, { ...(nonce ? { nonce } : {}), ...asked.proof }, asked.proofHeader)
      : asked.dpop
  const fields: Record<string, string | undefined> = {
    grant_type: 'client_credentials',
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: await signAssertionOf(server, party, asked),
    ...asked.form,
  }
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) form.set(name, value)
  return postToken(server, form, proof)
}

export const postToken = async (
  server: TestServer,
  form: URLSearchParams,
  proof: string | null,
): Promise<TokenAnswer> => {
  const headers = proof === null ? {} : { DPoP: proof }
  const response = await fetch(`${server.url}/oauth/token`, { method: 'POST', body: form, headers })
  return { status: response.status, body: (await response.json()) as TokenAnswer['body'], headers: response.headers }
}

export const nonceOf = async (server: TestServer): Promise<string> => {
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: 'none',
  })
  return (await postToken(server, form, null)).headers.get('DPoP-Nonce') ?? ''
}

/** A token and the key it is bound to. */
export const tokenOf = async (
  server: TestServer,
  party: Party,
  asked: Asked = {},
): Promise<{ token: string; key: MachineKey }> => {
  const key = asked.provenBy ?? (await makeMachineKey())
  const { status, body } = await askToken(server, party, { ...asked, provenBy: key })
  expect(status, JSON.stringify(body)).to.equal(200)
  return { token: String(body.access_token), key }
}

/** The whole effect of a refused token request: the OAuth error, the code, and no token. */
export const expectRefused = ({ status, body, headers }: TokenAnswer, expected: [number, string, string]): void => {
  expect([status, body.error, body.code]).to.deep.equal(expected)
  expect(body).to.have.all.keys('error', 'error_description', 'code')
  expect(headers.get('Cache-Control')).to.equal('no-store')
  expect(headers.get('DPoP-Nonce')).to.match(/^[\w-]{22}$/)
}
