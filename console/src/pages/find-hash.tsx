import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect } from 'react'
import { findInLog } from '../../../ledger/find/contract.ts'
import { call } from '../api/call.ts'
import { useHead } from '../api/public-log.ts'
import { Failure } from '../parts/failure.tsx'
import { Mark } from '../parts/mark.tsx'
import { Loaded } from '../parts/page.tsx'
import { When } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'

export function FoundIndex({ index }: { readonly index: string }) {
  const { find } = useText()
  const head = useHead()
  return (
    <Loaded from={head}>
      {({ size }) =>
        BigInt(index) < size ? (
          <Link to="/entry/$index" params={{ index }}>
            {find.entryAt(index)}
          </Link>
        ) : (
          <Mark tone="unknown">{find.beyond(`${size}`)}</Mark>
        )
      }
    </Loaded>
  )
}

/** Looks through the log from the newest entry back, and says how far it has come, until it finds something. */
export function FoundHash({ hash }: { readonly hash: string }) {
  const { find } = useText()
  const { data, error, hasNextPage, isFetching, fetchNextPage, refetch } = useInfiniteQuery({
    queryKey: ['public', 'find', hash],
    queryFn: ({ pageParam }) => call(undefined, findInLog, { query: { hash, before: pageParam } }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: page => page.next ?? undefined,
  })
  const pages = data?.pages ?? []
  const entries = pages.flatMap(it => it.entries)
  const heads = pages.flatMap(it => it.heads)
  const anchors = pages.flatMap(it => it.anchors)
  const isFound = entries.length + heads.length + anchors.length > 0
  const goesOn = hasNextPage && !isFound && !error
  useEffect(() => {
    if (goesOn && !isFetching) void fetchNextPage()
  }, [goesOn, isFetching, fetchNextPage])
  if (error) return <Failure error={error} retry={() => void refetch()} />
  if (data === undefined || goesOn) return find.searching(pages.at(-1)?.searchedFrom ?? '…')
  if (!isFound) return <Mark tone="unknown">{find.notFound}</Mark>
  return (
    <ul className="found">
      {entries.map(({ index, as }) => (
        <li key={`${as} ${index}`}>
          <Link to="/entry/$index" params={{ index }}>
            {find.foundAs[as](index)}
          </Link>
        </li>
      ))}
      {heads.map(({ size, signedAt }) => (
        <li key={`head ${size}`}>
          <Link to="/consistency" search={{ old: size }}>
            {find.foundHead(size)}
          </Link>{' '}
          · <When at={signedAt} />
        </li>
      ))}
      {anchors.map(it => (
        <li key={`${it.chainId} ${it.genesis} ${it.transaction}`}>
          <Link to="/consistency" search={{ old: it.size }}>
            {find.foundAnchor(it.size, it.blockNumber)}
          </Link>{' '}
          · {find.anchors.states[it.state]}
        </li>
      ))}
    </ul>
  )
}
