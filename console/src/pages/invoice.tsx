import { getRouteApi, Link } from '@tanstack/react-router'
import { Button, Card } from 'antd'
import type { z } from 'zod'
import { readProgress } from '../../../receivables/progress/contract.ts'
import { useOrganizations } from '../api/lists.ts'
import { useAsk } from '../api/use.ts'
import { Loaded, Page } from '../parts/page.tsx'
import { Money } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'
import { InvoiceGaps } from './invoice-gaps.tsx'
import { InvoiceSteps } from './invoice-steps.tsx'

export type Progress = z.input<typeof readProgress.reply.schema>

const route = getRouteApi('/guarded/invoice')

/** A seller's invoice: what is missing before a bank can say yes, and the way from order to payment. */
export function InvoicePage() {
  const { code = '' } = route.useSearch()
  const progress = useAsk(readProgress, { params: { code } })
  return <Loaded from={progress}>{it => <InvoiceView progress={it} />}</Loaded>
}

function InvoiceView({ progress }: { readonly progress: Progress }) {
  const t = useText()
  const { nameOf } = useOrganizations()
  const { code, number, buyer, gross, currency } = progress.invoice
  return (
    <Page
      title={
        <>
          {t.documents.kinds.invoice} {number} · <Money minor={gross} currency={currency} />
        </>
      }
      lead={t.progress.lead(nameOf(buyer))}
      actions={
        <Link to="/document" search={{ code }}>
          <Button>{t.progress.paper}</Button>
        </Link>
      }
    >
      <Card title={t.progress.missing} size="small">
        <InvoiceGaps progress={progress} />
      </Card>
      <Card title={t.progress.timeline} size="small">
        <InvoiceSteps progress={progress} />
      </Card>
    </Page>
  )
}
