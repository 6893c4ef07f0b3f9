import { Alert, Card, Descriptions, Flex, Typography } from 'antd'
import { readAct } from '../../../core/act.ts'
import { type RegistryStatement, registryStatementSchema } from '../../../core/financing.ts'
import { parseCompact } from '../../../core/jws.ts'
import { listFinancings } from '../../../receivables/financings/contract.ts'
import type { ApplicationView } from '../api/lists.ts'
import { useAsk } from '../api/use.ts'
import { Mark } from '../parts/mark.tsx'
import { Loaded } from '../parts/page.tsx'
import { Code, Money, When } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'
import { FinancingMark } from './financings.tsx'

type MarksProps = {
  readonly application: ApplicationView
  readonly registry: string | undefined
  /** Whether the bundle is there, so that no answer in it means that there was none. */
  readonly isRead: boolean
}

/** What the registry held when the report was made, and what this bank has marked since. */
export function Marks({ application, registry, isRead }: MarksProps) {
  const { bankDesk } = useText()
  const t = bankDesk.marks
  const own = useAsk(listFinancings, { query: { application: application.id, limit: 200 } })
  const answer = registry === undefined ? undefined : readAnswer(registry)
  return (
    <Card title={t.title} size="small">
      <Typography.Paragraph type="secondary">{t.lead}</Typography.Paragraph>
      <Flex vertical gap="middle">
        {answer && <Answer answer={answer} />}
        {isRead && answer === undefined && <Alert type="warning" showIcon title={t.notAsked} />}
        <div>
          <strong>{t.own}</strong>
          <Loaded from={own}>
            {({ items }) =>
              items.length === 0 ? (
                <p>{t.noOwn}</p>
              ) : (
                <ul className="found">
                  {items.map(it => (
                    <li key={it.id}>
                      <FinancingMark state={it.state} /> <Code text={it.invoice} />{' '}
                      <Money minor={it.amount} currency={it.currency} /> · <When at={it.changedAt} />
                    </li>
                  ))}
                </ul>
              )
            }
          </Loaded>
        </div>
      </Flex>
    </Card>
  )
}

/** The registry's signature is among what the report and the verifier check. */
const readAnswer = (registry: string): RegistryStatement | undefined => {
  const jws = parseCompact(registry)
  return jws.ok ? readAct(registryStatementSchema, jws.payload) : undefined
}

function Answer({ answer: { asOf, registry, invoices } }: { readonly answer: RegistryStatement }) {
  const t = useText().bankDesk.marks
  return (
    <Descriptions
      layout="vertical"
      size="small"
      column={1}
      items={[
        { key: 'r', label: t.registry, children: <span className="code">{registry}</span> },
        { key: 'a', label: t.asOf, children: <When at={asOf} /> },
        ...invoices.map(it => ({ key: it.commitment, label: <Code text={it.invoice} />, children: <Held of={it} /> })),
      ]}
    />
  )
}

function Held({ of: it }: { readonly of: RegistryStatement['invoices'][number] }) {
  const text = useText()
  const t = text.bankDesk.marks
  const isFree = !it.financed && it.registered === 0 && it.serials.length === 0 && it.lines.length === 0
  return (
    <Flex gap="small" wrap>
      {isFree && <Mark tone="good">{t.free}</Mark>}
      {it.financed && <Mark tone="bad">{t.financed}</Mark>}
      {it.serials.length > 0 && <Mark tone="bad">{t.serials(it.serials.length)}</Mark>}
      {it.lines.length > 0 && <Mark tone="warn">{t.lines(it.lines.length)}</Mark>}
      {it.registered > 0 && <Mark tone="warn">{t.registered(it.registered)}</Mark>}
      {it.differs.length > 0 && (
        <span>
          {t.differs}
          {text.common.colon}
          {it.differs.map(field => t.fields[field]).join(text.common.list)}
        </span>
      )}
    </Flex>
  )
}
