import { Flex, Skeleton, Typography } from 'antd'
import type { ReactNode } from 'react'
import { useText } from '../text/text.tsx'
import { Failure } from './failure.tsx'

type PageProps = {
  readonly title: ReactNode
  readonly lead?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
}

/** A page: its heading, one sentence on what it is for, what can be done on it, and its content. */
export function Page({ title, lead, actions, children }: PageProps) {
  return (
    <Flex vertical gap="middle">
      <Flex justify="space-between" align="flex-start" gap="middle" wrap>
        <div className="page-heading">
          <Typography.Title level={2}>{title}</Typography.Title>
          {lead && <Typography.Paragraph type="secondary">{lead}</Typography.Paragraph>}
        </div>
        {actions && <Flex gap="small">{actions}</Flex>}
      </Flex>
      {children}
    </Flex>
  )
}

type Read<Value> = {
  readonly data: Value | undefined
  readonly error: unknown
  readonly isPending: boolean
  readonly refetch: () => unknown
}

/** Shows what was read, a placeholder until then, or what went wrong with a way to try again. */
export function Loaded<Value>({
  from,
  children,
}: {
  readonly from: Read<Value>
  readonly children: (value: Value) => ReactNode
}) {
  const t = useText()
  if (from.data !== undefined) return children(from.data)
  if (from.error) return <Failure error={from.error} retry={() => void from.refetch()} />
  return (
    <div role="status" aria-label={t.common.loading}>
      <Skeleton active />
    </div>
  )
}
