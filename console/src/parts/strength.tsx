import { Tag, Tooltip } from 'antd'
import type { Report } from '../../../core/report/report.ts'
import { useText } from '../text/text.tsx'

type StrengthProps = {
  readonly of: Report['strength']
  /** Under a heading that says what it is. */
  readonly bare?: true
}

/** On whose word: always with what the level means. */
export function Strength({ of, bare }: StrengthProps) {
  const t = useText()
  if (of === null) return null
  return (
    <Tooltip title={t.report.strengthNotes[of]}>
      <Tag tabIndex={0}>
        {bare ? t.report.strengths[of] : `${t.report.strength}${t.common.colon}${t.report.strengths[of]}`}
      </Tag>
    </Tooltip>
  )
}
