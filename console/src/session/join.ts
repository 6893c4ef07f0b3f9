import type { z } from 'zod'
import { redeemInvitation } from '../../../certs/invitations/contract.ts'
import { makeHeldKey } from '../../../certs/keys.ts'
import { writePkcs12 } from '../../../core/pkcs12.ts'
import { parsePem } from '../../../core/x509/pem.ts'
import { call } from '../api/call.ts'

export type Made = { readonly key: Awaited<ReturnType<typeof makeHeldKey>>['key']; readonly csr: string }

/** A key that this page makes, and nobody else ever sees; and the request for its certificate. */
export const makeKey = (name: string): Promise<Made> => makeHeldKey('es256', name)

/** Redeems the invitation, and gives the certificate file. The same key may ask again where an answer was lost. */
export const join = async (
  code: string,
  { key, csr }: Made,
  password: string,
): Promise<{
  readonly organization: z.output<typeof redeemInvitation.reply.schema>['organization']
  readonly file: Uint8Array<ArrayBuffer>
}> => {
  const { organization, certificate } = await call(undefined, redeemInvitation, { body: { code, csr } })
  const [leaf, ...above] = parsePem('CERTIFICATE', certificate)
  if (leaf === undefined) throw new Error('the node sent no certificate')
  const file = await writePkcs12({ privateKey: key, chain: [leaf, ...above] }, password)
  return { organization, file: new Uint8Array(file) }
}
