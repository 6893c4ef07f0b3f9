import { Form, Select, Table } from 'antd'
import { type Mode, modes } from '../../../core/financing.ts'
import { type CheckCode, checkCodes } from '../../../core/report/check-codes.ts'
import type { Policy } from '../../../core/report/policy.ts'
import { Scroller } from '../parts/scroller.tsx'
import { useText } from '../text/text.tsx'

/** Which checks decide, and in which modes. */
export function Gates() {
  const t = useText()
  return (
    <Scroller label={t.policy.groups.gates}>
      <Table<{ readonly code: CheckCode }>
        rowKey="code"
        size="small"
        dataSource={checkCodes.map(code => ({ code }))}
        pagination={false}
        columns={[
          {
            title: t.report.check,
            render: (_, { code }) => (
              <>
                {t.checks[code]}
                <div className="check-code">{code}</div>
              </>
            ),
          },
          {
            title: t.report.gating,
            render: (_, { code }) => (
              <Form.Item name={['gates', code]} noStyle>
                <GateSelect label={t.checks[code]} />
              </Form.Item>
            ),
          },
        ]}
      />
    </Scroller>
  )
}

type Gate = Policy['gates'][CheckCode]
type GateProps = { readonly label: string; readonly value?: Gate; readonly onChange?: (gate: Gate) => void }

function GateSelect({ label, value, onChange }: GateProps) {
  const t = useText()
  const kind = value === true ? 'always' : value === false || value === undefined ? 'never' : 'modes'
  const choose = (to: typeof kind) => onChange?.(to === 'always' ? true : to === 'never' ? false : ['明保理'])
  return (
    <span className="gate">
      <Select<typeof kind>
        aria-label={label}
        value={kind}
        onChange={choose}
        style={{ width: 150 }}
        options={(['always', 'never', 'modes'] as const).map(it => ({ value: it, label: t.policy.gate[it] }))}
      />
      {Array.isArray(value) && (
        <Select<Mode[]>
          aria-label={`${label} ${t.policy.gateModes}`}
          mode="multiple"
          value={value}
          // In no mode at all is never.
          onChange={chosen => onChange?.(chosen.length === 0 ? false : chosen)}
          style={{ minWidth: 280 }}
          options={(Object.keys(modes) as Mode[]).map(it => ({ value: it, label: it }))}
        />
      )}
    </span>
  )
}
