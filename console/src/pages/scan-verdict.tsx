import { Button, Flex } from 'antd'
import { codeLabel } from '../format/code.ts'
import type { Tone } from '../parts/mark.tsx'
import type { Signal } from '../scan/signals.ts'
import type { Said } from '../scan/use-bench.ts'
import { type Text, useText } from '../text/text.tsx'

const tones = {
  taken: 'good',
  undone: 'unknown',
  duplicate: 'warn',
  elsewhere: 'bad',
  blocked: 'bad',
  unknown: 'warn',
  unclear: 'open',
  unreadable: 'warn',
} as const satisfies Record<Signal, Tone>

const shapes = {
  good: 'M5 12.5l4.5 4.5L19 7.5',
  bad: 'M6 6l12 12M18 6L6 18',
  warn: 'M12 4v10M12 18.5v.5',
  open: 'M9 9a3 3 0 1 1 4.2 2.7c-.8.4-1.2 1-1.2 2.3M12 18.5v.5',
  unknown: 'M5 12h14M5 12l5-5M5 12l5 5',
} as const satisfies Record<Tone, string>

type ScanVerdictProps = {
  readonly said: Said | undefined
  readonly isLot: (code: string) => boolean
  /** Takes a code that was not taken by itself. */
  readonly take: (code: string) => void
}

/** What the last scan came to, to be read from a step away: colour, shape, words, and what can be done about it. */
export function ScanVerdict({ said, isLot, take }: ScanVerdictProps) {
  const t = useText()
  if (said === undefined) return <p className="verdict-none">{t.scan.ready}</p>
  const tone = said.kind === 'taken' && said.unregistered ? 'warn' : tones[said.kind]
  const strange = said.kind === 'elsewhere' || said.kind === 'unknown' ? said.code : undefined
  return (
    <div className={`verdict-box verdict-${tone}`}>
      <svg viewBox="0 0 24 24" aria-hidden="true" width="40" height="40">
        <path d={shapes[tone]} fill="none" />
      </svg>
      <div className="verdict-words">
        {/* Said again although it reads the same: two duplicates in a row are two. */}
        <div role="status" aria-live="assertive" key={said.turn}>
          <strong>{wordsOf(said, isLot, t)}</strong>
          <div className="code">{subjectOf(said)}</div>
        </div>
        {strange !== undefined && <Button onClick={() => take(strange)}>{t.scan.addAnyway}</Button>}
        {said.kind === 'unclear' && (
          <Flex vertical gap="small">
            {said.choices.slice(0, 6).map(code => (
              <Button key={code} className="code" onClick={() => take(code)}>
                {codeLabel(code)}
              </Button>
            ))}
          </Flex>
        )}
      </div>
    </div>
  )
}

const subjectOf = (said: Said): string =>
  said.kind === 'unclear' ? '' : said.kind === 'unreadable' ? said.text.slice(0, 120) : codeLabel(said.code)

const wordsOf = (said: Said, isLot: (code: string) => boolean, { scan: { verdicts: t } }: Text): string => {
  switch (said.kind) {
    case 'taken':
      return said.unregistered ? t.takenUnregistered : isLot(said.code) ? t.takenLot : t.taken
    case 'elsewhere':
      return t.elsewhere(said.where)
    case 'blocked':
      return said.standing.standing === 'superseded' ? t.superseded : t.withdrawn(said.standing.reason ?? '')
    case 'unknown':
      return said.unregistered ? t.unknownUnregistered : t.unknown
    default:
      return t[said.kind]
  }
}
