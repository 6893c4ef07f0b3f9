import { useMutation, useQuery } from '@tanstack/react-query'
import { Alert, Button, Card, Descriptions, Flex, Tabs, Typography } from 'antd'
import { useState } from 'react'
import { oauthMetadata } from '../../../api/auth/contract.ts'
import { call } from '../api/call.ts'
import { useExplain } from '../parts/failure.tsx'
import { When } from '../parts/values.tsx'
import { VerifierLink } from '../parts/verifier-link.tsx'
import type { Identity } from '../session/identity.ts'
import { useSessions } from '../session/session.tsx'
import { DAY } from '../session/signing.ts'
import { useText } from '../text/text.tsx'
import { FromP12, FromPem, FromSigner } from './sign-in-files.tsx'

/** Opens a certificate, says whose it is, and signs in with it. */
export function SignInPage() {
  const t = useText()
  const [identity, setIdentity] = useState<Identity>()
  const issuer = useIssuer()
  return (
    <div className="sign-in">
      <Flex vertical gap="middle">
        <div className="page-heading">
          <Typography.Title level={2}>{t.signIn.title}</Typography.Title>
          <Typography.Paragraph type="secondary">{t.signIn.lead}</Typography.Paragraph>
        </div>
        {issuer !== undefined && issuer !== window.location.origin && (
          <Alert
            type="warning"
            showIcon
            title={t.signIn.otherAddress}
            description={<a href={`${issuer}/console/`}>{t.signIn.otherAddressLead(issuer)}</a>}
          />
        )}
        <Card>
          {identity ? (
            <Enter identity={identity} other={() => setIdentity(undefined)} />
          ) : (
            <Tabs
              items={[
                { key: 'p12', label: t.signIn.p12, children: <FromP12 opened={setIdentity} /> },
                { key: 'pem', label: t.signIn.pem, children: <FromPem opened={setIdentity} /> },
                { key: 'signer', label: t.signIn.signer, children: <FromSigner opened={setIdentity} /> },
              ]}
            />
          )}
        </Card>
        <Typography.Text type="secondary">
          {t.signIn.auditorHint} <VerifierLink>{t.menu.verify}</VerifierLink>
        </Typography.Text>
      </Flex>
    </div>
  )
}

/** The address under which this node takes sign-ins; undefined until it is known. */
const useIssuer = (): string | undefined => {
  const { data } = useQuery({
    queryKey: ['getAuthorizationServerMetadata'],
    queryFn: () => call(undefined, oauthMetadata, {}),
    staleTime: Number.POSITIVE_INFINITY,
  })
  return typeof data?.issuer === 'string' ? data.issuer : undefined
}

/** Whose certificate it is and how long it holds, before anything is sent. */
function Enter({ identity, other }: { readonly identity: Identity; readonly other: () => void }) {
  const t = useText()
  const { enter } = useSessions()
  const explain = useExplain()
  const entering = useMutation({ mutationFn: () => enter(identity) })
  const days = Math.floor((identity.notAfter - Date.now()) / DAY)
  const failed = entering.error ? explain(entering.error) : undefined
  return (
    <Flex vertical gap="middle">
      <Descriptions
        column={1}
        size="small"
        title={t.signIn.certificateOf}
        items={[
          { key: 'name', label: t.organizations.name, children: <strong>{identity.name}</strong> },
          { key: 'uscc', label: t.signIn.uscc, children: <span className="code">{identity.uscc}</span> },
          { key: 'issuer', label: t.signIn.issuer, children: identity.issuer },
          { key: 'from', label: t.signIn.validFrom, children: <When at={identity.notBefore} /> },
          { key: 'until', label: t.signIn.validUntil, children: <When at={identity.notAfter} /> },
        ]}
      />
      {days < 30 && <Alert type="warning" showIcon title={t.signIn.soon(days)} />}
      {failed && <Alert type="error" showIcon role="alert" title={failed.title} description={failed.detail} />}
      <Flex gap="small">
        <Button type="primary" loading={entering.isPending} onClick={() => entering.mutate()} autoFocus>
          {t.signIn.enter}
        </Button>
        <Button onClick={other}>{t.signIn.other}</Button>
      </Flex>
    </Flex>
  )
}
