import { useMutation } from '@tanstack/react-query'
import { Alert, Button, Card, Flex, Typography } from 'antd'
import { useState } from 'react'
import { conclusion } from '../../../core/verify/words.ts'
import { FileDrop } from '../parts/file-drop.tsx'
import { Mark } from '../parts/mark.tsx'
import { Page } from '../parts/page.tsx'
import { useSpoken } from '../text/text.tsx'
import { VerifySteps } from './verify-steps.tsx'

const verdictTones = { verified: 'good', false: 'bad', undecided: 'warn' } as const

/** For auditors, without an account: a bundle and one's own trust settings, checked in this page alone. */
export function VerifyPage() {
  const { t, language } = useSpoken()
  const [bundle, setBundle] = useState<File>()
  const [trust, setTrust] = useState<File>()
  const verifying = useMutation({ mutationFn: verify })
  const { data, error } = verifying
  const choose = (set: (file: File) => void) => (file: File) => {
    verifying.reset()
    set(file)
  }
  return (
    <Page title={t.verify.title} lead={t.verify.lead}>
      <Card>
        <Flex vertical gap="middle">
          <Flex gap="middle" wrap>
            <Flex vertical gap={4} style={{ flex: '1 1 280px' }}>
              <Typography.Text strong>{t.verify.bundle}</Typography.Text>
              <FileDrop
                label={t.verify.dropBundle}
                accept=".json,application/json"
                file={bundle}
                choose={choose(setBundle)}
              />
            </Flex>
            <Flex vertical gap={4} style={{ flex: '1 1 280px' }}>
              <Typography.Text strong>{t.verify.trust}</Typography.Text>
              <FileDrop
                label={t.verify.dropTrust}
                accept=".json,application/json"
                file={trust}
                choose={choose(setTrust)}
              />
            </Flex>
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
            <VerifySteps steps={data.steps} />
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
