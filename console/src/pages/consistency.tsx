import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Alert, Button, Card, Descriptions, Flex, Form, Input } from 'antd'
import { base64 } from '../../../core/bytes.ts'
import { traceConsistency } from '../../../core/merkle/trace.ts'
import { useConsistency, useHead } from '../api/public-log.ts'
import { Mark } from '../parts/mark.tsx'
import { Loaded, Page } from '../parts/page.tsx'
import { ProofPath } from '../parts/proof-path.tsx'
import { Digest } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'

const route = getRouteApi('/consistency')

const isSize = (text: string) => /^[1-9]\d{0,17}$/.test(text)

/** That a later head of the log extends an earlier one, drawn and recomputed, for anybody. */
export function ConsistencyPage() {
  const { find } = useText()
  const { old = '1', size } = route.useSearch()
  const head = useHead()
  return (
    <Loaded from={head}>
      {({ size: newest }) => {
        const of = size ?? `${newest}`
        const isValid = isSize(old) && isSize(of) && BigInt(old) <= BigInt(of)
        return (
          <Page title={find.consistency.title(old, of)} lead={find.consistency.lead}>
            <Sizes key={`${old} ${of}`} old={old} size={of} />
            {isValid ? (
              <Proof old={old} size={of} />
            ) : (
              <Alert type="warning" showIcon title={find.consistency.invalid} />
            )}
          </Page>
        )
      }}
    </Loaded>
  )
}

function Sizes(given: { readonly old: string; readonly size: string }) {
  const { find } = useText()
  const navigate = useNavigate()
  return (
    <Form<{ old: string; size: string }>
      layout="inline"
      initialValues={given}
      style={{ rowGap: 8 }}
      onFinish={({ old, size }) =>
        void navigate({ to: '/consistency', search: { old: old.trim(), size: size.trim() } })
      }
    >
      <Form.Item name="old" label={find.consistency.old}>
        <Input inputMode="numeric" style={{ width: 130 }} />
      </Form.Item>
      <Form.Item name="size" label={find.consistency.size}>
        <Input inputMode="numeric" style={{ width: 130 }} />
      </Form.Item>
      <Button type="primary" htmlType="submit">
        {find.consistency.show}
      </Button>
    </Form>
  )
}

function Proof({ old, size }: { readonly old: string; readonly size: string }) {
  const { find } = useText()
  const proof = useConsistency(old, size)
  return (
    <Loaded from={proof}>
      {({ oldRoot, root, hashes, holds }) => {
        const trace = traceConsistency(BigInt(old), BigInt(size), hashes, oldRoot)
        return (
          <Flex vertical gap="middle">
            <Card>
              <div className="told">
                <Mark tone={holds ? 'good' : 'bad'}>{holds ? find.consistency.holds : find.consistency.fails}</Mark>
              </div>
              <Descriptions
                size="small"
                column={1}
                style={{ marginTop: 12 }}
                items={[
                  { key: 'o', label: find.consistency.oldRoot, children: <Digest text={base64(oldRoot)} /> },
                  { key: 'n', label: find.consistency.newRoot, children: <Digest text={base64(root)} /> },
                ]}
              />
            </Card>
            {trace && (
              <Card title={find.consistency.path} size="small">
                {trace.steps.length === 0 ? (
                  find.drawing.same
                ) : (
                  <ProofPath
                    trace={trace}
                    from={find.drawing.start}
                    label={find.drawing.consistencyLabel(old, size, trace.steps.length)}
                  />
                )}
              </Card>
            )}
          </Flex>
        )
      }}
    </Loaded>
  )
}
