import { useMutation } from '@tanstack/react-query'
import { Alert, Button, Card, Flex, Select, Table, Typography } from 'antd'
import { useState } from 'react'
import type { Outcome, Step } from '../../../core/verify/step.ts'
import { conclusion, outcomeWords, stepWords } from '../../../core/verify/words.ts'
import { FileDrop } from '../parts/file-drop.tsx'
import { Mark, type Tone } from '../parts/mark.tsx'
import { Page } from '../parts/page.tsx'
import { useSpoken } from '../text/text.tsx'

const tones = { true: 'good', false: 'bad', pending: 'open', not_checkable: 'unknown' } as const satisfies Record<
  Outcome,
  Tone
>
const verdictTones = { verified: 'good', false: 'bad', undecided: 'warn' } as const

/** For auditors, without an account: a bundle and one's own trust settings, checked in this page alone. */
export function VerifyPage() {
  const { t, language } = useSpoken()
  const [bundle, setBundle] = useState<File>()
  const [trust, setTrust] = useState<File>()
  const [shown, setShown] = useState<Outcome>()
  const verifying = useMutation({ mutationFn: verify })
  const { data, error } = verifying
  const rows = data?.steps.map((step, key) => ({ ...step, key })).filter(it => !shown || it.outcome === shown)
  const choose = (set: (file: File) => void) => (file: File) => {
    verifying.reset()
    set(file)
  }
  return (
    <Page title={t.verify.title} lead={t.verify.lead}>
      <Card>
        <Flex vertical gap="middle">
          <Flex gap="middle" wrap>
            <div style={{ flex: '1 1 280px' }}>
              <Typography.Text strong>{t.verify.bundle}</Typography.Text>
              <FileDrop
                label={t.verify.dropBundle}
                accept=".json,application/json"
                file={bundle}
                choose={choose(setBundle)}
              />
            </div>
            <div style={{ flex: '1 1 280px' }}>
              <Typography.Text strong>{t.verify.trust}</Typography.Text>
              <FileDrop
                label={t.verify.dropTrust}
                accept=".json,application/json"
                file={trust}
                choose={choose(setTrust)}
              />
            </div>
          </Flex>
          {trust === undefined && <Alert type="info" showIcon title={t.verify.noTrust} />}
          <div>
            <Button
              type="primary"
              disabled={bundle === undefined}
              loading={verifying.isPending}
              onClick={() => bundle && verifying.mutate({ bundle, trust })}
            >
              {verifying.isPending ? t.verify.running : t.verify.start}
            </Button>
          </div>
          {error && (
            <Alert type="error" showIcon role="alert" title={t.verify.trustInvalid} description={error.message} />
          )}
        </Flex>
      </Card>
      {data && (
        <Card>
          <Flex vertical gap="middle">
            <div className="verdict" role="status">
              <Mark tone={verdictTones[data.verdict]}>
                {conclusion(data.verdict, data.steps, data.trusted, language)}
              </Mark>
              <span>{t.verify.summary(data.steps.length, data.steps.filter(it => it.outcome === 'true').length)}</span>
            </div>
            <Select<Outcome>
              allowClear
              placeholder={t.verify.filter}
              aria-label={t.verify.filter}
              style={{ width: 200 }}
              onChange={setShown}
              options={(Object.keys(outcomeWords) as Outcome[]).map(value => ({
                value,
                label: `${outcomeWords[value][language]} (${data.steps.filter(it => it.outcome === value).length})`,
              }))}
            />
            <Table<Step & { key: number }>
              size="small"
              dataSource={rows ?? []}
              pagination={{ pageSize: 100, hideOnSinglePage: true }}
              scroll={{ x: 'max-content' }}
              columns={[
                { title: t.verify.step, render: (_, it) => stepWords[it.step][language] },
                {
                  title: t.verify.result,
                  render: (_, it) => <Mark tone={tones[it.outcome]}>{outcomeWords[it.outcome][language]}</Mark>,
                },
                { title: t.verify.subject, render: (_, it) => <span className="code">{it.subject}</span> },
                {
                  title: t.verify.detail,
                  render: (_, it) => <div style={{ minWidth: 240, maxWidth: 520 }}>{it.detail}</div>,
                },
              ]}
            />
          </Flex>
        </Card>
      )}
    </Page>
  )
}

/** Loaded when first needed: the verifier is as large as the rest of the console's own code. */
const verify = async ({ bundle, trust }: { bundle: File; trust: File | undefined }) => {
  const [{ verifyBundle }, { parseTrust }] = await Promise.all([
    import('../../../core/verify/bundle.ts'),
    import('../../../core/trust.ts'),
  ])
  const settings = trust && parseTrust(await trust.text())
  const verification = await verifyBundle(await bundle.text(), { trust: settings })
  return { ...verification, trusted: settings !== undefined }
}
