import { Flex, Table } from 'antd'
import { type Outcome, type Step, type StepName, stepNames } from '../../../core/verify/step.ts'
import { outcomeWords, stepWords } from '../../../core/verify/words.ts'
import { Mark, type Tone } from '../parts/mark.tsx'
import { useSpoken } from '../text/text.tsx'

// From the best to the worst, the order in which rows are shown backwards.
const tones = {
  true: 'good',
  not_required: 'unknown',
  pending: 'open',
  not_checkable: 'unknown',
  false: 'bad',
} as const satisfies Record<Outcome, Tone>
const outcomes = Object.keys(tones) as Outcome[]

type Group = { readonly name: StepName; readonly steps: readonly Step[] }

/** One row for each kind of step with how often it came out how; opened, everything it was asked about. */
export function VerifySteps({ steps }: { readonly steps: readonly Step[] }) {
  const { t, language } = useSpoken()
  const groups = stepNames.flatMap((name): Group[] => {
    const own = steps.filter(({ step }) => step === name)
    return own.length === 0 ? [] : [{ name, steps: own }]
  })
  // What is not true is what an auditor came for: it is open from the start.
  const open = groups
    .filter(({ steps: own }) => own.some(({ outcome }) => outcome !== 'true' && outcome !== 'not_required'))
    .map(({ name }) => name)
  return (
    <Table<Group>
      rowKey="name"
      size="middle"
      dataSource={groups}
      pagination={false}
      scroll={{ x: 'max-content' }}
      key={open.join()}
      expandable={{ defaultExpandedRowKeys: open, expandedRowRender: group => <OneByOne steps={group.steps} /> }}
      columns={[
        { title: t.verify.step, render: (_, it) => stepWords[it.name][language] },
        {
          title: t.verify.result,
          render: (_, it) => (
            <Flex gap="small" wrap>
              {outcomes.map(outcome => {
                const count = it.steps.filter(step => step.outcome === outcome).length
                return (
                  count > 0 && (
                    <Mark key={outcome} tone={tones[outcome]}>
                      {outcomeWords[outcome][language]} {count > 1 && `× ${count}`}
                    </Mark>
                  )
                )
              })}
            </Flex>
          ),
        },
      ]}
    />
  )
}

function OneByOne({ steps }: { readonly steps: readonly Step[] }) {
  const { t, language } = useSpoken()
  const rows = steps
    .map((step, key) => ({ ...step, key }))
    .sort((a, b) => outcomes.indexOf(b.outcome) - outcomes.indexOf(a.outcome))
  return (
    <Table
      size="small"
      dataSource={rows}
      pagination={{ pageSize: 20, hideOnSinglePage: true }}
      scroll={{ x: 'max-content' }}
      columns={[
        { title: t.verify.subject, render: (_, it) => <span className="code">{it.subject}</span> },
        {
          title: t.verify.result,
          render: (_, it) => <Mark tone={tones[it.outcome]}>{outcomeWords[it.outcome][language]}</Mark>,
        },
        {
          title: t.verify.detail,
          render: (_, it) => <div style={{ minWidth: 240, maxWidth: 560 }}>{it.detail}</div>,
        },
      ]}
    />
  )
}
