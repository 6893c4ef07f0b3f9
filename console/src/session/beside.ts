import { fromBase64, fromBase64url, fromUtf8 } from '../../../core/bytes.ts'
import type { ActSigner } from '../../../core/jws.ts'
import { SIGNER_ADDRESS } from '../../../core/signer-address.ts'
import { type Identity, IdentityError, identityOf } from './identity.ts'

/** Why the signer did not sign, in its own sentence. */
export class SignerError extends Error {}

/** A key that this page never has: in a card, or at a signer that shows what it signs (`tallystick signer`). */
export const openSigner = async (code: string): Promise<Identity> => {
  const { chain } = (await ask('/identity', code)) as { chain: readonly string[] }
  const key: ActSigner = {
    alg: 'ES256',
    sign: async input => {
      const { signature } = (await ask('/signatures', code, { input: fromUtf8(input) })) as { signature: string }
      return fromBase64url(signature)
    },
  }
  return identityOf(() => key, chain.map(fromBase64))
}

const ask = async (path: string, code: string, body?: object): Promise<unknown> => {
  let answer: Response
  try {
    answer = await fetch(SIGNER_ADDRESS + path, {
      headers: { Authorization: `Bearer ${code}`, ...(body && { 'Content-Type': 'application/json' }) },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    })
  } catch (cause) {
    throw new IdentityError('NO_SIGNER', { cause })
  }
  if (answer.status === 401 || answer.status === 403) throw new IdentityError('SIGNER_CODE')
  const reply = (await answer.json().catch(() => ({}))) as { detail?: string }
  if (!answer.ok) throw new SignerError(reply.detail ?? `${answer.status}`)
  return reply
}
