import type { z } from 'zod'
import type { Contract } from '../../../core/contract.ts'
import { membersOf, refusalOf } from '../../../core/oauth/answer.ts'
import type { Client } from '../../../core/oauth/client.ts'

/** What a contract takes: path parameters, query, and a body as JSON or, for signed forms, as text that is sent as it is. */
export type Given<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> = (P extends z.ZodUndefined
  ? unknown
  : { readonly params: z.input<P> }) &
  (Q extends z.ZodUndefined ? unknown : { readonly query?: z.input<Q> }) &
  (B extends z.ZodUndefined ? unknown : { readonly body: z.input<B> | string }) & {
    readonly headers?: Readonly<Record<string, string>>
  }

type Loose = {
  readonly params?: unknown
  readonly query?: unknown
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * Asks the node by a contract. Its answer is what the node sends: the node's own schema made it, so nothing is checked
 * again. Throws the node's refusal. Without a client only public addresses answer.
 */
export const call = async <P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType>(
  client: Client | undefined,
  contract: Contract<P, Q, B, R>,
  given: Given<P, Q, B>,
): Promise<z.input<R>> => {
  const { params, query, body, headers } = given as Loose
  const path = fill(contract.path, params) + search(query)
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  const type = contract.body?.types[0]
  const response = client
    ? await client.request(contract.method.toUpperCase(), path, {
        ...(text === undefined ? {} : { body: text }),
        ...(type === undefined ? {} : { type }),
        ...(headers === undefined ? {} : { headers }),
      })
    : await fetch(path, {
        method: contract.method.toUpperCase(),
        ...(text === undefined ? {} : { body: text, headers: { 'Content-Type': type ?? 'application/json' } }),
      })
  if (!response.ok) throw refusalOf(response, await membersOf(response))
  const isText = contract.reply.type !== undefined && !contract.reply.type.includes('json')
  return (isText ? await response.text() : await response.json()) as z.input<R>
}

export const fetchBytes = async (client: Client, path: string): Promise<ArrayBuffer> => {
  const response = await client.request('GET', path)
  if (!response.ok) throw refusalOf(response, await membersOf(response))
  return response.arrayBuffer()
}

/** As bytes are: for files whose every byte counts. */
export const fetchText = async (client: Client, path: string): Promise<string> => {
  const response = await client.request('GET', path)
  if (!response.ok) throw refusalOf(response, await membersOf(response))
  return response.text()
}

export const fill = (path: string, params: unknown): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = (params as Record<string, unknown>)[name]
    return encodeURIComponent(String(value))
  })

const search = (query: unknown): string => {
  const entries = Object.entries((query ?? {}) as Record<string, unknown>).filter(([, value]) => value !== undefined)
  return entries.length === 0 ? '' : `?${new URLSearchParams(entries.map(([name, value]) => [name, String(value)]))}`
}
