import { Tag, Tooltip } from 'antd'
import type { Report } from '../../../core/report/report.ts'
import { useText } from '../text/text.tsx'

/** On whose word: always with what the level means. */
export function Strength({ of }: { readonly of: Report['strength'] }) {
  const t = useText()
  if (of === null) return null
  return (
    <Tooltip title={t.report.strengthNotes[of]}>
      <Tag tabIndex={0}>
        {t.report.strength}：{t.report.strengths[of]}
      </Tag>
    </Tooltip>
  )
}
