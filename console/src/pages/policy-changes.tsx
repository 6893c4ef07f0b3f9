import { Table } from 'antd'
import { type CheckCode, checkCodes } from '../../../core/report/check-codes.ts'
import { percent } from '../format/money.ts'
import { Scroller } from '../parts/scroller.tsx'
import { useText } from '../text/text.tsx'
import type { Text } from '../text/zh.ts'
import { type Change, type NumberPath, numbers } from './policy-terms.ts'

/** What a version says that the one before it did not. */
export function Changes({ of }: { readonly of: readonly Change[] }) {
  const t = useText()
  if (of.length === 0) return <p>{t.policy.noChange}</p>
  return (
    <Scroller label={t.policy.changes}>
      <Table<Change>
        rowKey="path"
        size="small"
        dataSource={[...of]}
        pagination={false}
        columns={[
          { title: t.policy.item, render: (_, it) => labelOf(it.path, t) },
          { title: t.policy.before, render: (_, it) => sayValue(it.path, it.before, t) },
          { title: t.policy.after, render: (_, it) => <strong>{sayValue(it.path, it.after, t)}</strong> },
        ]}
      />
    </Scroller>
  )
}

const isNumber = (path: string): path is NumberPath => Object.hasOwn(numbers, path)
const checkOf = (path: string): CheckCode | undefined => checkCodes.find(code => path === `gates.${code}`)

const labelOf = (path: string, t: Text): string => {
  const check = checkOf(path)
  if (check !== undefined) return `${t.checks[check]} (${check})`
  if (isNumber(path)) return t.policy.numbers[path]
  const others: Readonly<Record<string, string>> = {
    name: t.policy.name,
    demonstration: t.policy.demonstration,
    invoiceNumbers: t.policy.invoiceNumbers,
    'anchor.acceptOperatorOnly': t.policy.acceptOperatorOnly,
    'registry.origins': t.policy.origins,
    independent: t.policy.independent,
    affiliated: t.policy.affiliated,
    'eligibility.facility.currency': t.policy.currency,
    'eligibility.facility.limit': t.policy.limit,
    'eligibility.facility.reserves': t.policy.reserves,
    'eligibility.facility.outstanding': t.policy.outstanding,
  }
  return others[path] ?? path
}

const sayValue = (path: string, value: string | undefined, t: Text): string => {
  if (value === undefined || value === '' || value === 'null') return t.common.none
  if (checkOf(path) !== undefined) {
    return value === 'true' ? t.policy.gate.always : value === 'false' ? t.policy.gate.never : value
  }
  if (value === 'true') return t.common.yes
  if (value === 'false') return t.common.no
  return isNumber(path) && numbers[path] === 'share' ? percent(value) : value
}
