import { Link } from '@tanstack/react-router'
import { Card, Empty, Flex, Timeline, Typography } from 'antd'
import { listReleases } from '../../../exchange/releases/contract.ts'
import { listConfirmations } from '../../../receivables/confirmations/contract.ts'
import type { Question } from '../api/lists.ts'
import { useAsk } from '../api/use.ts'
import { AnswerMark } from '../parts/answer.tsx'
import { Loaded } from '../parts/page.tsx'
import { SignatureMark } from '../parts/signature-mark.tsx'
import { Organization, When } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'

/** What was asked about an invoice and by whom, each answer with its signature, and to whom any of it has gone. */
export function PendingHistory({ question }: { readonly question: Question }) {
  const { hospital, pending } = useText()
  const answers = useAsk(listConfirmations, { query: { question: question.id, order: 'newest' } })
  const { seller, buyer } = question.question.opened
  return (
    <Card title={hospital.history} size="small">
      <Loaded from={answers}>
        {({ items }) => (
          <Timeline
            items={[
              ...items.map(answer => ({
                key: answer.index,
                content: (
                  <Flex vertical gap="small">
                    <span>
                      {hospital.answered} <AnswerMark question={{ ...question, answer }} />
                    </span>
                    <SignatureMark jws={answer.jws} signer={buyer} index={answer.index} at={answer.loggedAt} />
                  </Flex>
                ),
              })),
              {
                key: 'asked',
                content: (
                  <Flex vertical gap="small">
                    <strong>
                      {hospital.asked} · {pending.supplier} <Organization uscc={seller} />
                    </strong>
                    <SignatureMark jws={question.jws} signer={seller} index={question.index} at={question.askedAt} />
                  </Flex>
                ),
              },
              ...(question.earlier === null
                ? []
                : [
                    {
                      key: 'earlier',
                      content: (
                        <Link to="/pending/$id" params={{ id: question.earlier }}>
                          {hospital.askedBefore}
                        </Link>
                      ),
                    },
                  ]),
            ]}
          />
        )}
      </Loaded>
      <Released question={question} />
    </Card>
  )
}

/** Of what this node has given out; a supplier's node tells of its own. */
function Released({ question }: { readonly question: Question }) {
  const { hospital } = useText()
  const releases = useAsk(listReleases, { query: { limit: 100 } })
  return (
    <>
      <Typography.Title level={4}>{hospital.releases}</Typography.Title>
      <Loaded from={releases}>
        {({ releases: list }) => {
          const places = [question.index, question.answer?.index]
          const its = list.filter(({ records }) => records.some(index => places.includes(index)))
          if (its.length === 0) return <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={hospital.noReleases} />
          return (
            <ul className="found">
              {its.map(it => (
                <li key={it.id}>
                  <When at={it.releasedAt} /> · {hospital.releasedTo} <Organization uscc={it.grantee} />
                </li>
              ))}
            </ul>
          )
        }}
      </Loaded>
    </>
  )
}
