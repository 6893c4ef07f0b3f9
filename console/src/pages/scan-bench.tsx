import { Alert, Button, Flex, Form, Input, InputNumber, Space, Table, Typography } from 'antd'
import { type KeyboardEvent, useState } from 'react'
import type { Document } from '../api/lists.ts'
import { useAct } from '../api/use.ts'
import { canonicalCode, codeLabel } from '../format/code.ts'
import { unitText } from '../format/measure.ts'
import { Mark } from '../parts/mark.tsx'
import { Code } from '../parts/values.tsx'
import type { Device } from '../session/device.ts'
import { useText } from '../text/text.tsx'
import { type Expected, expectedOf, handIn, isInstance, type Scanned, type ScanStep } from './scan-event.ts'

type ScanBenchProps = {
  readonly claims: Extract<Document['claims'], { kind: 'despatch' }>
  readonly step: ScanStep
  readonly device: Device
}

/** What should be there beside what was scanned. What is handed in is what was scanned, and nothing else. */
export function ScanBench({ claims, step, device }: ScanBenchProps) {
  const t = useText()
  const expected = expectedOf(claims)
  const [scanned, setScanned] = useState<Scanned>(new Map())
  const [text, setText] = useState('')
  const [note, setNote] = useState<string>()
  const submitting = useAct(
    (session, of: Scanned) => handIn(session, { device, step, despatch: claims.code, scanned: of }),
    job => {
      setScanned(new Map())
      return t.scan.submitted(job.receipts.length)
    },
  )
  const add = () => {
    const next = new Map(scanned)
    let said: string | undefined
    for (const line of text
      .split(/[\r\n]+/)
      .map(it => it.trim())
      .filter(Boolean)) {
      const code = canonicalCode(line)
      if (code === undefined) said = t.scan.invalid(line)
      else if (next.has(code)) said = t.scan.duplicate(codeLabel(code))
      else next.set(code, countedOf(code, expected))
    }
    setScanned(next)
    setNote(said)
    setText('')
  }
  const change = (code: string, quantity: string, unit: string) =>
    setScanned(new Map(scanned).set(code, { quantity, unit }))
  const remove = (code: string) => setScanned(new Map([...scanned].filter(([it]) => it !== code)))
  const extra = [...scanned.keys()].filter(code => !expected.some(it => it.code === code))
  const rows: readonly Expected[] = [...expected, ...extra.map(code => ({ code }))]
  const found = expected.filter(it => scanned.has(it.code)).length
  return (
    <Flex vertical gap="middle">
      <Form.Item label={t.scan.codes} htmlFor="codes" extra={t.scan.codesHint} style={{ margin: 0 }}>
        <Space.Compact style={{ width: '100%' }}>
          <Input.TextArea
            id="codes"
            rows={2}
            autoFocus
            className="code"
            spellCheck={false}
            value={text}
            onChange={event => setText(event.target.value)}
            onKeyDown={(event: KeyboardEvent) => {
              if (event.key !== 'Enter' || event.shiftKey) return
              event.preventDefault()
              add()
            }}
          />
          <Button onClick={add} style={{ height: 'auto' }}>
            {t.scan.add}
          </Button>
        </Space.Compact>
      </Form.Item>
      {note && <Alert type="warning" showIcon role="alert" title={note} />}
      <Typography.Text aria-live="polite">{t.scan.progress(found, expected.length)}</Typography.Text>
      <Table<Expected>
        rowKey="code"
        size="small"
        dataSource={rows}
        scroll={{ x: 'max-content' }}
        pagination={{ pageSize: 50, hideOnSinglePage: true }}
        columns={[
          { title: t.documents.item, render: (_, it) => <Code text={it.code} /> },
          {
            title: t.common.state,
            render: (_, it) =>
              extra.includes(it.code) ? (
                <Mark tone="warn">{t.scan.extra}</Mark>
              ) : scanned.has(it.code) ? (
                <Mark tone="good">{t.scan.scanned}</Mark>
              ) : (
                <Mark tone="unknown">{t.scan.expected}</Mark>
              ),
          },
          {
            title: t.documents.quantity,
            render: (_, it) => {
              const counted = scanned.get(it.code)
              if (counted === undefined) return it.quantity && `${it.quantity} ${unitText(it.unit ?? '', t)}`
              return (
                <InputNumber<string>
                  stringMode
                  min="0"
                  aria-label={t.scan.quantityOf(unitText(counted.unit, t))}
                  value={counted.quantity}
                  suffix={unitText(counted.unit, t)}
                  onChange={quantity => change(it.code, quantity ?? '0', counted.unit)}
                />
              )
            },
          },
          {
            title: t.common.action,
            render: (_, it) =>
              scanned.has(it.code) && (
                <Button size="small" onClick={() => remove(it.code)}>
                  {t.scan.remove}
                </Button>
              ),
          },
        ]}
      />
      {scanned.size > 0 && found < expected.length && <Alert type="info" showIcon title={t.scan.short} />}
      <div>
        <Button
          type="primary"
          disabled={scanned.size === 0}
          loading={submitting.isPending}
          onClick={() => submitting.mutate(scanned)}
        >
          {scanned.size === 0 ? t.scan.nothing : t.scan.submit}
        </Button>
      </div>
    </Flex>
  )
}

/** Lots are counted: the despatch advice's own quantity is where the clerk begins. */
const countedOf = (code: string, expected: readonly Expected[]) => {
  const known = expected.find(it => it.code === code)
  if (known?.quantity !== undefined) return { quantity: known.quantity, unit: known.unit ?? 'C62' }
  return known !== undefined || isInstance(code) ? undefined : { quantity: '1', unit: 'C62' }
}
