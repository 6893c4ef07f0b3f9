import { Alert, Card, Flex } from 'antd'
import { Refusal } from '../../../core/errors.ts'
import { policySchema } from '../../../core/report/policy.ts'
import { listPolicies, readPolicy } from '../../../receivables/reports/contract.ts'
import { call } from '../api/call.ts'
import { useAsk, usePages } from '../api/use.ts'
import { Failure } from '../parts/failure.tsx'
import { Loaded, Page } from '../parts/page.tsx'
import { useSession } from '../session/session.tsx'
import { useText } from '../text/text.tsx'
import { PolicyForm } from './policy-form.tsx'
import { firstPolicy } from './policy-terms.ts'
import { PolicyVersions, type SignedPolicy } from './policy-versions.tsx'

/** The bank's own parameters: read, changed by signing the next version, and every version before it. */
export function PolicyPage() {
  const t = useText()
  const { identity } = useSession()
  const policy = useAsk(readPolicy, {})
  const versions = usePages<SignedPolicy>(['listPolicies'], ({ client }, after) =>
    call(client, listPolicies, { query: { after, limit: 20, order: 'newest' } }),
  )
  const isNone = policy.error instanceof Refusal && policy.error.code === 'POLICY_UNKNOWN'
  return (
    <Page title={t.policy.title} lead={t.policy.lead}>
      <Flex vertical gap="middle">
        {isNone ? (
          <>
            <Alert type="info" showIcon title={t.policy.none} />
            <PolicyForm before={firstPolicy(identity.uscc)} />
          </>
        ) : policy.error && policy.data === undefined ? (
          <Failure error={policy.error} retry={() => void policy.refetch()} />
        ) : (
          <Loaded from={policy}>
            {({ policy: it }) => (
              <>
                {it.version === 0 && <Alert type="warning" showIcon title={t.policy.sample} />}
                <PolicyForm key={it.version} before={policySchema.parse(it)} />
              </>
            )}
          </Loaded>
        )}
        <Card size="small" title={t.policy.versions}>
          <PolicyVersions of={versions} />
        </Card>
      </Flex>
    </Page>
  )
}
