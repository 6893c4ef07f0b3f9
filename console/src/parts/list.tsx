import { Button, Empty, Flex, Table, type TableProps } from 'antd'
import { useText } from '../text/text.tsx'
import { Failure } from './failure.tsx'
import { Scroller } from './scroller.tsx'

type Pages<Item> = {
  readonly items: readonly Item[]
  readonly error: unknown
  readonly isPending: boolean
  readonly isFetchingNextPage: boolean
  readonly hasNextPage: boolean
  readonly fetchNextPage: () => unknown
  readonly refetch: () => unknown
}

type ListProps<Item> = {
  readonly of: Pages<Item>
  readonly empty?: string
} & Omit<TableProps<Item>, 'dataSource' | 'loading' | 'pagination'>

/** A table over a list that comes in pages, newest first. */
export function List<Item extends object>({ of, empty, ...table }: ListProps<Item>) {
  const t = useText()
  if (of.error && of.items.length === 0) return <Failure error={of.error} retry={() => void of.refetch()} />
  return (
    <Flex vertical gap="small">
      <Scroller label={t.common.rows}>
        <Table<Item>
          size="middle"
          {...table}
          dataSource={of.items}
          loading={of.isPending}
          pagination={false}
          locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={empty ?? t.common.noRows} /> }}
        />
      </Scroller>
      {of.hasNextPage && (
        <Button onClick={() => void of.fetchNextPage()} loading={of.isFetchingNextPage} className="more">
          {t.common.more}
        </Button>
      )}
    </Flex>
  )
}
