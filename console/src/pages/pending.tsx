import { Link } from '@tanstack/react-router'
import { Button, Flex, Segmented } from 'antd'
import { useState } from 'react'
import { type Question, questionsOf } from '../api/lists.ts'
import { usePages } from '../api/use.ts'
import { AnswerMark } from '../parts/answer.tsx'
import { List } from '../parts/list.tsx'
import { Page } from '../parts/page.tsx'
import { Money, Organization, When } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'
import { PendingBatch } from './pending-batch.tsx'
import { ScansSay } from './pending-scans.tsx'

/** What a hospital is asked, with what its own scans say beside each. */
export function PendingPage() {
  const t = useText()
  const [answered, setAnswered] = useState<'true' | 'false'>('false')
  const [chosen, setChosen] = useState<readonly Question[]>([])
  const [batch, setBatch] = useState(false)
  const questions = usePages<Question>(['listQuestions', answered], questionsOf(answered))
  return (
    <Page title={t.pending.title} lead={t.pending.lead}>
      <Flex gap="small" wrap>
        <Segmented
          aria-label={t.common.filter}
          value={answered}
          onChange={value => {
            setAnswered(value)
            setChosen([])
          }}
          options={[
            { value: 'false' as const, label: t.pending.waiting },
            { value: 'true' as const, label: t.pending.answered },
          ]}
        />
        {answered === 'false' && (
          <Button type="primary" disabled={chosen.length === 0} onClick={() => setBatch(true)}>
            {t.hospital.batch(chosen.length)}
          </Button>
        )}
      </Flex>
      {batch && (
        <PendingBatch
          questions={chosen}
          close={() => {
            setBatch(false)
            setChosen([])
          }}
        />
      )}
      <List<Question>
        of={questions}
        rowKey="id"
        {...(answered === 'false' && {
          rowSelection: {
            selectedRowKeys: chosen.map(({ id }) => id),
            onChange: (_: unknown, rows: readonly Question[]) => setChosen(rows),
            getCheckboxProps: ({ question }: Question) => ({
              'aria-label': t.hospital.choose(question.opened.number),
            }),
            getTitleCheckboxProps: () => ({ 'aria-label': t.hospital.chooseAll }),
          },
        })}
        columns={[
          {
            title: t.documents.number,
            render: (_, { id, question }) => (
              <Link to="/pending/$id" params={{ id }}>
                {question.opened.number}
              </Link>
            ),
          },
          { title: t.pending.supplier, render: (_, { question }) => <Organization uscc={question.opened.seller} /> },
          {
            title: t.documents.issueDate,
            render: (_, { question }) => <span className="figure">{question.opened.issueDate}</span>,
          },
          {
            title: t.documents.gross,
            align: 'right',
            render: (_, { question: { opened } }) => <Money minor={opened.gross} currency={opened.currency} />,
          },
          { title: t.pending.ownScans, render: (_, { id }) => <ScansSay id={id} /> },
          answered === 'true'
            ? { title: t.pending.yourAnswer, render: (_, it) => <AnswerMark question={it} /> }
            : { title: t.pending.askedAt, render: (_, it) => <When at={it.askedAt} /> },
          {
            title: t.common.action,
            render: (_, { id, question, answer }) => (
              <Link to="/pending/$id" params={{ id }}>
                <Button size="small" type={answer === null ? 'primary' : 'default'}>
                  {answer === null ? t.pending.yourAnswer : t.common.detailOf(question.opened.number)}
                </Button>
              </Link>
            ),
          },
        ]}
      />
    </Page>
  )
}
