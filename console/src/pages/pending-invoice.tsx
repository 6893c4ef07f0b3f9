import { getRouteApi, Link } from '@tanstack/react-router'
import { Alert, Card, Descriptions } from 'antd'
import { laterStatuses } from '../../../core/confirmation.ts'
import { readQuestion } from '../../../receivables/confirmations/contract.ts'
import type { Question } from '../api/lists.ts'
import { useAsk } from '../api/use.ts'
import { AnswerFacts, AnswerMark } from '../parts/answer.tsx'
import { Loaded, Page } from '../parts/page.tsx'
import { Digest, Money, Organization, When } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'
import { AnswerForm } from './answer-form.tsx'
import { PendingHistory } from './pending-history.tsx'
import { BooksSay, ComparisonTable, useComparison } from './pending-scans.tsx'

const route = getRouteApi('/guarded/pending/$id')

export function PendingInvoicePage() {
  const { id } = route.useParams()
  const question = useAsk(readQuestion, { params: { id } })
  return <Loaded from={question}>{it => <PendingInvoice question={it} />}</Loaded>
}

function PendingInvoice({ question }: { readonly question: Question }) {
  const t = useText()
  const { id, answer } = question
  const { opened } = question.question
  const compared = useComparison(id)
  const last = answer?.answer.status
  const final = last !== undefined && laterStatuses[last].length === 0
  return (
    <Page
      title={`${t.documents.kinds.invoice} ${opened.number}`}
      lead={<Link to="/pending">{t.pending.title}</Link>}
      actions={<AnswerMark question={question} />}
    >
      {question.earlier !== null && <Alert type="warning" showIcon title={t.pending.changed} />}
      <Card>
        <Descriptions
          size="small"
          column={{ xs: 1, md: 2 }}
          items={[
            { key: 's', label: t.pending.supplier, children: <Organization uscc={opened.seller} /> },
            { key: 'd', label: t.documents.issueDate, children: <span className="figure">{opened.issueDate}</span> },
            {
              key: 'g',
              label: t.documents.gross,
              children: <Money minor={opened.gross} currency={opened.currency} />,
            },
            { key: 'a', label: t.pending.askedAt, children: <When at={question.askedAt} /> },
            { key: 'c', label: t.common.digest, children: <Digest text={id} /> },
          ]}
        />
      </Card>
      <Card title={t.pending.compare} size="small">
        <ComparisonTable id={id} />
      </Card>
      {compared.data?.books && (
        <Card title={t.pending.books.title} size="small">
          <BooksSay books={compared.data.books} />
        </Card>
      )}
      {answer && (
        <Card title={t.pending.yourAnswer} size="small">
          <AnswerFacts answer={answer.answer} />
        </Card>
      )}
      {final ? (
        <Alert type="info" showIcon title={t.pending.final} />
      ) : (
        // Its first values are what scans and books say, so it waits for them.
        !compared.isPending && (
          <Card title={answer ? t.pending.again : t.pending.yourAnswer}>
            <AnswerForm question={question} compared={compared.data} />
          </Card>
        )
      )}
      <PendingHistory question={question} />
    </Page>
  )
}
