import type { ResolverDeps } from '../../resolver/deps.ts'
import type { Authenticate } from '../http/mount.ts'

/** On addresses that anybody may use: who asks, where the request says so. A token that is not good is refused. */
export const readerOf = async (
  authenticate: Authenticate,
  request: Parameters<ResolverDeps['readerOf']>[0],
): Promise<string | undefined> => {
  if (request.get('Authorization') === undefined) return undefined
  const url = `${request.protocol}://${request.host}${request.originalUrl.split('?')[0]}`
  return (await authenticate({ method: request.method, url, header: name => request.get(name) })).uscc
}
