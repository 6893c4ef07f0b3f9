import { Link, useNavigate } from '@tanstack/react-router'
import { App, Button, Space, Typography } from 'antd'
import { useState } from 'react'
import { typ } from '../../../core/typ.ts'
import { ask } from '../../../receivables/confirmations/contract.ts'
import { call } from '../api/call.ts'
import { type Document, documentsOf, type Question, questionsOf } from '../api/lists.ts'
import { useAct, usePages, useWhole } from '../api/use.ts'
import { AnswerMark } from '../parts/answer.tsx'
import { List } from '../parts/list.tsx'
import { Page } from '../parts/page.tsx'
import { Money, Organization } from '../parts/values.tsx'
import { useSession } from '../session/session.tsx'
import { instantOf, newNonce, signAct } from '../session/signing.ts'
import { useText } from '../text/text.tsx'

/** A seller's invoices with what the hospital says about each; where asking and applying begin. */
export function InvoicesPage() {
  const t = useText()
  const navigate = useNavigate()
  const invoices = usePages<Document>(['listDocuments', { kind: 'invoice' }], documentsOf({ kind: 'invoice' }))
  const questions = useWhole<Question>(['listQuestions'], questionsOf())
  const asked = new Map(questions.data?.map(question => [question.id, question]))
  const [selected, setSelected] = useState<readonly string[]>([])
  return (
    <Page
      title={t.invoices.title}
      lead={t.invoices.lead}
      actions={
        <Space>
          <Typography.Text type="secondary">
            {selected.length === 0 ? t.invoices.selectHint : t.common.selected(selected.length)}
          </Typography.Text>
          <Button
            type="primary"
            disabled={selected.length === 0}
            onClick={() => void navigate({ to: '/applications/new', search: { code: selected.join(' ') } })}
          >
            {t.invoices.apply}
          </Button>
        </Space>
      }
    >
      <List<Document>
        of={invoices}
        rowKey="code"
        rowSelection={{
          hideSelectAll: true,
          selectedRowKeys: [...selected],
          onChange: keys => setSelected(keys.map(String)),
          getCheckboxProps: it => ({ 'aria-label': it.number }) as object,
        }}
        columns={[
          {
            title: t.documents.number,
            render: (_, it) => (
              <Link to="/document" search={{ code: it.code }}>
                {it.number}
              </Link>
            ),
          },
          { title: t.documents.issueDate, render: (_, it) => <span className="figure">{it.claims.issueDate}</span> },
          { title: t.documents.buyer, render: (_, it) => <Organization uscc={it.buyer} /> },
          {
            title: t.documents.gross,
            align: 'right',
            render: (_, { claims }) => 'gross' in claims && <Money minor={claims.gross} currency={claims.currency} />,
          },
          {
            title: t.invoices.confirmation,
            render: (_, it) => questions.data && <AnswerMark question={asked.get(it.commitment)} />,
          },
          {
            title: t.common.action,
            render: (_, it) => (
              <Space>
                <Link to="/invoice" search={{ code: it.code }} aria-label={t.progress.linkOf(it.number)}>
                  {t.progress.link}
                </Link>
                {questions.data && !asked.has(it.commitment) && <AskButton invoice={it} />}
              </Space>
            ),
          },
        ]}
      />
    </Page>
  )
}

function AskButton({ invoice }: { readonly invoice: Document }) {
  const t = useText()
  const { modal } = App.useApp()
  const { identity } = useSession()
  const asking = useAct(
    async ({ client, identity }, { code, version, commitment, claims }: Document) => {
      if (claims.kind !== 'invoice') throw new TypeError('only an invoice is asked about')
      const { number, issueDate, gross, currency, parties } = claims
      const question = {
        invoice: code,
        version,
        commitment,
        opened: { ...parties, number, issueDate, gross, currency },
        nonce: newNonce(),
        iat: instantOf(),
      }
      return call(client, ask, { body: await signAct(identity, typ.question, question) })
    },
    () => t.invoices.asked,
  )
  const confirm = () =>
    modal.confirm({
      title: t.invoices.askTitle,
      content: (
        <>
          <p>{t.invoices.askLead}</p>
          <p>{t.common.signedBy(identity.name)}</p>
        </>
      ),
      okText: t.invoices.ask,
      onOk: () => asking.mutateAsync(invoice).catch(() => undefined),
    })
  return (
    <Button
      size="small"
      loading={asking.isPending}
      onClick={confirm}
      aria-label={`${t.invoices.ask} ${invoice.number}`}
    >
      {t.invoices.ask}
    </Button>
  )
}
