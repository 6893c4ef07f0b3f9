import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { App } from 'antd'
import type { z } from 'zod'
import type { Contract } from '../../../core/contract.ts'
import { useExplain } from '../parts/failure.tsx'
import { type Session, useSession } from '../session/session.tsx'
import { useText } from '../text/text.tsx'
import { call, type Given } from './call.ts'

/** One answer of the node, kept until something is signed. */
export const useAsk = <P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType>(
  contract: Contract<P, Q, B, R>,
  given: Given<P, Q, B>,
  enabled = true,
) => {
  const { client } = useSession()
  return useQuery({
    queryKey: [contract.operation, given],
    queryFn: () => call(client, contract, given),
    enabled,
  })
}

type Page<Item> = { readonly items: readonly Item[]; readonly next: string | null }
/** A list as its contract gives it, whatever the page is called there. */
export type Paged<Item> = (session: Session, cursor: string | undefined) => Promise<Page<Item>>

/** A list that grows by pages as its reader asks for more. Read again every two seconds while one of it still `waits`. */
export const usePages = <Item>(key: readonly unknown[], read: Paged<Item>, waits?: (item: Item) => boolean) => {
  const session = useSession()
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => read(session, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: page => page.next ?? undefined,
    refetchInterval: ({ state }) => (waits && state.data?.pages.some(it => it.items.some(waits)) ? 2_000 : false),
  })
  return { ...query, items: query.data?.pages.flatMap(page => page.items) ?? [] }
}

/** The whole list, page after page: for what is joined to other lists. */
export const useWhole = <Item>(key: readonly unknown[], read: Paged<Item>, enabled = true) => {
  const session = useSession()
  return useQuery({
    queryKey: [...key, 'whole'],
    enabled,
    queryFn: async () => {
      const items: Item[] = []
      let cursor: string | undefined
      do {
        const page = await read(session, cursor)
        items.push(...page.items)
        cursor = page.next ?? undefined
      } while (cursor !== undefined && items.length < MOST)
      return items
    },
  })
}

/** More than this is not for a page to hold. */
const MOST = 5_000

/** Something that is signed or submitted. Everything read before is read again; refusals are said in words. */
export const useAct = <Input, Output>(
  work: (session: Session, input: Input) => Promise<Output>,
  done?: (output: Output) => string | undefined,
) => {
  const session = useSession()
  const queries = useQueryClient()
  const { message, notification } = App.useApp()
  const explain = useExplain()
  const t = useText()
  return useMutation({
    mutationFn: (input: Input) => work(session, input),
    onSuccess: output => {
      const said = done?.(output)
      if (said !== undefined) message.success(said, 5)
      return queries.invalidateQueries()
    },
    onError: error => {
      const { title, detail } = explain(error)
      notification.error({ title: `${t.common.failedAct}${t.common.colon}${title}`, description: detail, duration: 0 })
    },
  })
}
