import { Flex, Typography } from 'antd'
import type { ReactNode } from 'react'
import { Page } from '../parts/page.tsx'
import { useText } from '../text/text.tsx'
import { OperatorActs, Prefixes, Revocations } from './operations-acts.tsx'
import { EvidenceHealth } from './operations-evidence.tsx'
import { Queues } from './operations-queues.tsx'

/** What keeps the node going, and what its operators decided. */
export function OperationsPage() {
  const { operations } = useText()
  const section = (title: string, shown: ReactNode, lead?: string) => (
    <section>
      <Typography.Title level={3}>{title}</Typography.Title>
      {lead && <Typography.Paragraph type="secondary">{lead}</Typography.Paragraph>}
      {shown}
    </section>
  )
  return (
    <Page title={operations.title} lead={operations.lead}>
      <Flex vertical gap="large">
        {section(operations.queues, <Queues />, operations.queuesLead)}
        {section(operations.health, <EvidenceHealth />)}
        {section(operations.prefixes, <Prefixes />)}
        {section(operations.acts, <OperatorActs />, operations.actsLead)}
        {section(operations.revocations, <Revocations />)}
      </Flex>
    </Page>
  )
}
