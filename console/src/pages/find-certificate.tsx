import { Descriptions, Flex } from 'antd'
import { getOrganization } from '../../../certs/contract.ts'
import { findCertificates } from '../../../certs/find/contract.ts'
import { Refusal } from '../../../core/errors.ts'
import { useAsk } from '../api/use.ts'
import { Mark } from '../parts/mark.tsx'
import { Loaded } from '../parts/page.tsx'
import { Digest, Organization, When } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'

type Certificate = {
  readonly thumbprint: string
  readonly serial: string
  readonly notBefore: string
  readonly notAfter: string
  readonly revokedAt: string | null
}

type By = { readonly thumbprint: string } | { readonly serial: string }

export function FoundCertificate({ by }: { readonly by: By }) {
  const { find } = useText()
  const found = useAsk(findCertificates, { query: by })
  return (
    <Loaded from={found}>
      {({ items }) =>
        items.length === 0 ? (
          <Mark tone="unknown">{find.noCertificate}</Mark>
        ) : (
          <Flex vertical gap="middle">
            {items.map(it => (
              <Flex key={it.thumbprint} vertical gap="small">
                <strong>
                  <Organization uscc={it.uscc} />
                </strong>
                <Facts of={it} />
              </Flex>
            ))}
          </Flex>
        )
      }
    </Loaded>
  )
}

export function FoundOrganization({ uscc }: { readonly uscc: string }) {
  const { find, roles, organizations } = useText()
  const found = useAsk(getOrganization, { params: { uscc } })
  if (found.error instanceof Refusal && found.error.code === 'NOT_FOUND')
    return <Mark tone="unknown">{find.noOrganization}</Mark>
  return (
    <Loaded from={found}>
      {({ name, roles: its, suspendedAt, certificates }) => (
        <Flex vertical gap="middle">
          <strong>{name}</strong>
          <Flex gap="small" wrap>
            {its.map(role => roles[role]).join(' · ')}
            {suspendedAt !== null && <Mark tone="bad">{organizations.suspended}</Mark>}
          </Flex>
          {certificates.length === 0 && organizations.noCertificate}
          {certificates.map(it => (
            <Facts key={it.thumbprint} of={it} />
          ))}
        </Flex>
      )}
    </Loaded>
  )
}

function Facts({ of }: { readonly of: Certificate }) {
  const { find, signIn, common } = useText()
  const state =
    of.revokedAt !== null ? (
      <Mark tone="bad">{find.revoked}</Mark>
    ) : Date.parse(of.notAfter) < Date.now() ? (
      <Mark tone="warn">{find.ended}</Mark>
    ) : (
      <Mark tone="good">{find.valid}</Mark>
    )
  return (
    <Descriptions
      size="small"
      column={{ xs: 1, md: 2 }}
      items={[
        { key: 's', label: common.state, children: state },
        { key: 'n', label: find.serial, children: <span className="code">{of.serial}</span> },
        { key: 't', label: find.thumbprint, children: <Digest text={of.thumbprint} /> },
        { key: 'f', label: signIn.validFrom, children: <When at={of.notBefore} /> },
        { key: 'u', label: signIn.validUntil, children: <When at={of.notAfter} /> },
      ]}
    />
  )
}
