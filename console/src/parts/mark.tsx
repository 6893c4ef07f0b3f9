import type { ReactNode } from 'react'

/** Shapes tell states apart for whoever can't tell the colours. */
const shapes = {
  good: 'M5 12.5l4.5 4.5L19 7.5',
  bad: 'M6 6l12 12M18 6L6 18',
  warn: 'M12 4v10M12 18.5v.5',
  open: 'M12 7v5l3.5 2',
  unknown: 'M9 9a3 3 0 1 1 4.2 2.7c-.8.4-1.2 1-1.2 2.3M12 18.5v.5',
} as const
export type Tone = keyof typeof shapes

/** A state: shape, colour and always a word. */
export function Mark({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  return (
    <span className={`mark mark-${tone}`}>
      <svg viewBox="0 0 24 24" aria-hidden="true" width="14" height="14">
        {tone === 'open' && <circle cx="12" cy="12" r="9" fill="none" />}
        <path d={shapes[tone]} fill="none" />
      </svg>
      <span>{children}</span>
    </span>
  )
}
