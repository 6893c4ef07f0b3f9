import type { Credential } from '../../core/oauth/assertion.ts'
import { type Client, createClient as create } from '../../core/oauth/client.ts'

/**
 * A signed-in client of one node for command line, sample and tests.
 * @param baseUrl scheme and host of the node, without a trailing slash
 */
export const createClient = ({ baseUrl, ...credential }: { readonly baseUrl: string } & Credential): Client =>
  create({ baseUrl, credential, fetch: globalThis.fetch })
