import { Button, Checkbox, Flex, InputNumber } from 'antd'
import { useState } from 'react'
import { codeLabel } from '../format/code.ts'
import { unitText } from '../format/measure.ts'
import { Mark } from '../parts/mark.tsx'
import type { Expected, Scanned } from '../scan/event.ts'
import { useText } from '../text/text.tsx'

const STEP = 40

type ScanListProps = {
  readonly expected: readonly Expected[]
  readonly extra: readonly string[]
  readonly scanned: Scanned
  readonly count: (code: string, quantity: string, unit: string) => void
  readonly remove: (code: string) => void
}

/** What should be there beside what was scanned; what was scanned last comes first. */
export function ScanList({ expected, extra, scanned, count, remove }: ScanListProps) {
  const t = useText()
  const [missingOnly, setMissingOnly] = useState(false)
  const [shown, setShown] = useState(STEP)
  const latest = [...scanned.keys()].reverse()
  const left = expected.filter(it => !scanned.has(it.code))
  const known = new Map(expected.map(it => [it.code, it]))
  const done: readonly Expected[] = latest.map(code => known.get(code) ?? { code })
  const rows = missingOnly ? left : [...done, ...left]
  return (
    <Flex vertical gap="small">
      <Checkbox checked={missingOnly} onChange={event => setMissingOnly(event.target.checked)}>
        {t.scan.missingOnly}
      </Checkbox>
      <ul className="scan-list">
        {rows.slice(0, shown).map(it => (
          <li key={it.code}>
            <span className="code" title={it.code}>
              {codeLabel(it.code)}
            </span>
            {extra.includes(it.code) ? (
              <Mark tone="warn">{t.scan.extra}</Mark>
            ) : scanned.has(it.code) ? (
              <Mark tone="good">{t.scan.scanned}</Mark>
            ) : (
              <Mark tone="unknown">{t.scan.expected}</Mark>
            )}
            <Quantity of={it} counted={scanned.get(it.code)} count={count} />
            {scanned.has(it.code) && (
              <Button size="small" aria-label={t.scan.removeOf(codeLabel(it.code))} onClick={() => remove(it.code)}>
                {t.scan.remove}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {rows.length > shown && (
        <Button className="more" onClick={() => setShown(shown + STEP)}>
          {t.scan.showMore(Math.min(STEP, rows.length - shown))}
        </Button>
      )}
    </Flex>
  )
}

type QuantityProps = {
  readonly of: Expected
  readonly counted: ReturnType<Scanned['get']>
  readonly count: ScanListProps['count']
}

function Quantity({ of: { code, quantity, unit }, counted, count }: QuantityProps) {
  const t = useText()
  if (counted === undefined) {
    return quantity === undefined ? null : (
      <span className="figure">
        {quantity} {unitText(unit ?? '', t)}
      </span>
    )
  }
  return (
    <InputNumber<string>
      stringMode
      size="small"
      min="0"
      aria-label={`${t.scan.quantityOf(unitText(counted.unit, t))} ${codeLabel(code)}`}
      value={counted.quantity}
      suffix={unitText(counted.unit, t)}
      onChange={typed => count(code, typed ?? '0', counted.unit)}
    />
  )
}
