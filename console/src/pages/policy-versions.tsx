import type { z } from 'zod'
import type { listPolicies } from '../../../receivables/reports/contract.ts'
import type { usePages } from '../api/use.ts'
import { List } from '../parts/list.tsx'
import { When } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'
import { Changes } from './policy-changes.tsx'
import { changesBetween } from './policy-terms.ts'

export type SignedPolicy = z.input<typeof listPolicies.reply.schema>['items'][number]

/** Newest first, each with what it changed. */
export function PolicyVersions({ of }: { readonly of: ReturnType<typeof usePages<SignedPolicy>> }) {
  const t = useText()
  const before = (it: SignedPolicy) => of.items.find(({ policy }) => policy.version === it.policy.version - 1)?.policy
  return (
    <List<SignedPolicy>
      of={of}
      rowKey="index"
      empty={t.policy.noVersions}
      expandable={{
        expandedRowRender: it => {
          const earlier = before(it)
          return earlier === undefined ? t.policy.first : <Changes of={changesBetween(earlier, it.policy)} />
        },
      }}
      columns={[
        { title: t.policy.version, render: (_, { policy }) => <span className="figure">{policy.version}</span> },
        {
          title: t.policy.name,
          render: (_, { policy }) => `${policy.name}${policy.demonstration ? ` (${t.report.policyDemo})` : ''}`,
        },
        { title: t.policy.signedAt, render: (_, { loggedAt }) => <When at={loggedAt} /> },
        { title: t.common.logIndex, align: 'right', dataIndex: 'index' },
        {
          title: t.policy.changes,
          align: 'right',
          render: (_, it) => {
            const earlier = before(it)
            return earlier === undefined ? t.policy.first : changesBetween(earlier, it.policy).length
          },
        },
      ]}
    />
  )
}
