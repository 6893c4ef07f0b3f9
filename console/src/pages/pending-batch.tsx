import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Flex, Modal, Progress, Select } from 'antd'
import { useState } from 'react'
import { Refusal } from '../../../core/errors.ts'
import { comparison } from '../../../receivables/confirmations/contract.ts'
import { call } from '../api/call.ts'
import type { Question } from '../api/lists.ts'
import { useExplain } from '../parts/failure.tsx'
import { Loaded } from '../parts/page.tsx'
import { useSession } from '../session/session.tsx'
import { useText } from '../text/text.tsx'
import { giveAnswer, isPlain, suggested } from './pending-answer.ts'
import { BatchRow, BatchTotals, type Chosen, type Outcome } from './pending-batch-rows.tsx'

type BatchProps = { readonly questions: readonly Question[]; readonly close: () => void }

/**
 * Confirms many invoices, each by a signed answer of its own: none stands or falls with another. Only those on which
 * scans and books agree in all points go along; the others wait to be looked at.
 */
export function PendingBatch({ questions, close }: BatchProps) {
  const t = useText()
  const { hospital } = t
  const session = useSession()
  const queries = useQueryClient()
  const explain = useExplain()
  const [days, setDays] = useState(90)
  const [running, setRunning] = useState(false)
  const [outcomes, setOutcomes] = useState<ReadonlyMap<string, Outcome>>(new Map())
  const chosen = useQuery({
    queryKey: ['batch', questions.map(({ id }) => id)],
    queryFn: () => Promise.all(questions.map(compare)),
    staleTime: Number.POSITIVE_INFINITY,
  })

  async function compare(question: Question): Promise<Chosen> {
    try {
      const compared = await call(session.client, comparison, { params: { id: question.id } })
      return { question, compared, plain: isPlain(question, compared) }
    } catch (error) {
      // Without the invoice there is nothing to compare, and nothing to confirm unseen.
      if (error instanceof Refusal && error.status < 500) return { question, compared: undefined, plain: false }
      throw error
    }
  }

  async function answer({ question, compared }: Chosen): Promise<Outcome> {
    try {
      await giveAnswer(session, question, { status: 'AP', ...suggested(compared), days })
      return { kind: 'confirmed' }
    } catch (error) {
      if (error instanceof Refusal && error.code === 'ANSWER_EXISTS') return { kind: 'colleague' }
      return { kind: 'refused', why: explain(error).title }
    }
  }

  const signAll = async (list: readonly Chosen[]) => {
    setRunning(true)
    // One after the other: what was signed before the page is closed is signed, and the rest is not.
    for (const one of list) {
      const outcome = await answer(one)
      setOutcomes(before => new Map(before).set(one.question.id, outcome))
    }
    setRunning(false)
    await queries.invalidateQueries()
  }

  const plain = chosen.data?.filter(it => it.plain) ?? []
  const isDone = outcomes.size > 0 && !running
  return (
    <Modal
      open
      title={hospital.batchTitle}
      onCancel={close}
      mask={{ closable: false }}
      closable={!running}
      keyboard={!running}
      width={720}
      footer={
        <Flex gap="small" justify="end" wrap>
          <Button onClick={close} disabled={running}>
            {isDone ? hospital.close : t.common.cancel}
          </Button>
          {!isDone && (
            <Button type="primary" disabled={plain.length === 0} loading={running} onClick={() => void signAll(plain)}>
              {hospital.sign(plain.length)}
            </Button>
          )}
        </Flex>
      }
    >
      <Flex vertical gap="middle">
        <p style={{ margin: 0 }}>
          {hospital.batchLead} {t.pending.leaves} {t.common.signedBy(session.identity.name)}
        </p>
        <Loaded from={chosen}>
          {list => (
            <>
              {plain.length === 0 && <Alert type="warning" showIcon title={hospital.nothing} />}
              <ul className="found">
                {list.map(it => (
                  <BatchRow key={it.question.id} of={it} outcome={outcomes.get(it.question.id)} running={running} />
                ))}
              </ul>
              <BatchTotals of={plain} />
            </>
          )}
        </Loaded>
        {outcomes.size === 0 && (
          <Flex gap="small" align="center" wrap>
            {hospital.validDays}
            <Select
              value={days}
              onChange={setDays}
              disabled={running}
              style={{ width: 140 }}
              aria-label={hospital.validDays}
              options={[30, 60, 90, 180].map(value => ({ value, label: t.pending.days(value) }))}
            />
          </Flex>
        )}
        {outcomes.size > 0 && (
          <div role="status">
            {hospital.progress(outcomes.size, plain.length)}
            <Progress
              percent={Math.round((outcomes.size * 100) / Math.max(1, plain.length))}
              aria-label={hospital.batchTitle}
              status={isDone ? 'normal' : 'active'}
            />
          </div>
        )}
      </Flex>
    </Modal>
  )
}
