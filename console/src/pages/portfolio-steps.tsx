import { Table } from 'antd'
import type { ReactNode } from 'react'
import type { PortfolioInCurrency, PortfolioView } from '../../../receivables/portfolio/contract.ts'
import { moneyText, percent } from '../format/money.ts'
import { Scroller } from '../parts/scroller.tsx'
import { Money, Organization } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'

type StepsProps = { readonly of: PortfolioInCurrency; readonly policy: PortfolioView['policy'] }
type Step = { readonly name: string; readonly rule: string; readonly result: ReactNode; readonly amount: string }

/** From the invoices to what is available, so that it can be followed with a pencil. */
export function Steps({ of, policy }: StepsProps) {
  const { portfolio: p, common } = useText()
  const { currency } = of
  const say = (minor: string) => moneyText(minor, currency)
  const steps: readonly Step[] = [
    {
      name: p.step1,
      rule: p.step1Rule(policy.maxAgeDays),
      result: of.excluded
        .filter(({ reason }) => reason !== 'CROSS_AGED')
        .map(({ reason, count, open }) => p.excludedLine(p.excluded[reason], count, say(open)))
        .join(common.list),
      amount: of.total,
    },
    {
      name: p.step2,
      rule: p.step2Rule(percent(policy.crossAgeing)),
      result: <CrossAged of={of} />,
      amount: of.total,
    },
    {
      name: p.step3,
      rule: p.step3Rule(percent(policy.concentration)),
      result: p.step3Result(say(of.overConcentration), say(of.pool)),
      amount: of.pool,
    },
    {
      name: p.step4,
      rule: p.step4Rule(percent(policy.advanceRate), percent(policy.dilutionFree)),
      result: p.step4Result(percent(of.dilution), percent(of.advanceRate), say(of.lendable)),
      amount: of.lendable,
    },
    {
      name: p.step5,
      rule: p.step5Rule,
      result: (
        <>
          {p.step5Result(
            of.limit === null ? p.noLimit : say(of.limit),
            say(of.reserves),
            say(of.base),
            say(of.outstanding),
          )}
          <div className="check-code">{p.outstandingNote(say(of.declared), say(of.marked))}</div>
        </>
      ),
      amount: of.availability,
    },
  ]
  return (
    <Scroller label={p.steps}>
      <Table<Step>
        rowKey="name"
        size="small"
        dataSource={[...steps]}
        pagination={false}
        columns={[
          { title: p.step, render: (_, it) => <strong className="nowrap">{it.name}</strong> },
          { title: p.rule, render: (_, it) => <div className="prose check-code">{it.rule}</div> },
          { title: p.result, render: (_, it) => <div className="prose">{it.result}</div> },
          {
            title: common.amount,
            align: 'right',
            render: (_, it) => (
              <strong>
                <Money minor={it.amount} currency={currency} />
              </strong>
            ),
          },
        ]}
      />
    </Scroller>
  )
}

function CrossAged({ of: { crossAged, excluded, currency } }: Pick<StepsProps, 'of'>) {
  const { portfolio: p } = useText()
  const out = excluded.find(({ reason }) => reason === 'CROSS_AGED')
  if (out === undefined) return p.step2None
  return (
    <>
      {p.excludedLine(p.excluded.CROSS_AGED, out.count, moneyText(out.open, currency))}
      {crossAged.map(uscc => (
        <div key={uscc}>
          <Organization uscc={uscc} />
        </div>
      ))}
    </>
  )
}
