import { getRouteApi, Link } from '@tanstack/react-router'
import { Button, Card, Descriptions, Flex } from 'antd'
import { readApplication } from '../../../receivables/applications/contract.ts'
import type { ApplicationView } from '../api/lists.ts'
import { useAsk } from '../api/use.ts'
import { Loaded, Page } from '../parts/page.tsx'
import { Code, Digest, Organization, When } from '../parts/values.tsx'
import { useSession } from '../session/session.tsx'
import { useText } from '../text/text.tsx'
import { ApplicationMark } from './applications.tsx'
import { BankDesk } from './bank-desk.tsx'
import { Consents } from './consent.tsx'
import { Decisions } from './decisions.tsx'

const route = getRouteApi('/guarded/applications/$id')

/** One application: the seller follows it, the bank works on it. */
export function ApplicationPage() {
  const t = useText()
  const { id } = route.useParams()
  const { report } = route.useSearch()
  const { identity } = useSession()
  const application = useAsk(readApplication, { params: { id } })
  return (
    <Loaded from={application}>
      {it => (
        <Page
          title={`${t.applications.title} ${it.id.slice(0, 8)}`}
          lead={<Link to="/applications">{t.common.back}</Link>}
          actions={<ApplicationMark state={it.state} />}
        >
          <Facts application={it} />
          {it.bank === identity.uscc ? (
            <BankDesk key={report} application={it} report={report} />
          ) : (
            <>
              <Decisions application={it} />
              {it.state === 'approved' && <Consents application={it} />}
              {it.state === 'financed' && (
                <Link to="/authorizations/new" search={{ application: it.id }}>
                  <Button>{t.authorizations.monitor}</Button>
                </Link>
              )}
            </>
          )}
        </Page>
      )}
    </Loaded>
  )
}

function Facts({ application: it }: { readonly application: ApplicationView }) {
  const t = useText()
  return (
    <Card title={t.applications.parties} size="small">
      <Descriptions
        size="small"
        column={{ xs: 1, md: 2 }}
        items={[
          { key: 's', label: t.applications.seller, children: <Organization uscc={it.seller} /> },
          { key: 'b', label: t.applications.bank, children: <Organization uscc={it.bank} /> },
          {
            key: 'm',
            label: t.applications.mode,
            children: `${it.mode} · ${it.recourse ? t.applications.recourse : t.applications.noRecourse}`,
          },
          {
            key: 'a',
            label: t.applications.authorization,
            children: (
              <Link to="/authorizations/$id" params={{ id: it.authorization }}>
                <Digest text={it.authorization} />
              </Link>
            ),
          },
          { key: 't', label: t.applications.submittedAt, children: <When at={it.createdAt} /> },
          { key: 'i', label: t.common.logIndex, children: <span className="figure">{it.index}</span> },
          {
            key: 'l',
            span: 'filled',
            label: t.applications.invoices,
            children: (
              <Flex vertical>
                {it.invoices.map(({ code }) => (
                  <Code key={code} text={code} />
                ))}
              </Flex>
            ),
          },
        ]}
      />
    </Card>
  )
}
