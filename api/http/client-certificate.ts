import type { RequestHandler } from 'express'

type Trusts = (address: string | undefined, hop: number) => boolean

/**
 * Lets the TLS certificate of a client in (RFC 9440, `Client-Cert`) from a proxy that TRUSTED_PROXIES names, and from
 * nobody else: whoever reaches us past the proxy could name any certificate.
 */
export const dropForgedCertificates: RequestHandler = (request, _response, next) => {
  const trusts = request.app.get('trust proxy fn') as Trusts
  if (!trusts(request.socket.remoteAddress, 0)) delete request.headers['client-cert']
  next()
}
