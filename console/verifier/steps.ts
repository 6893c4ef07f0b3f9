import { chineseOf, detailIn } from '../../core/verify/details.ts'
import { type Outcome, type Step, stepNames } from '../../core/verify/step.ts'
import { type Language, outcomeWords, stepWords } from '../../core/verify/words.ts'
import { button, element } from './element.ts'
import type { Text } from './text.ts'

/** From the worst to the best. A shape beside the word, for whoever can't tell the colours. */
const shapes = {
  false: '✕',
  not_checkable: '?',
  pending: '…',
  not_required: '–',
  true: '✓',
} as const satisfies Record<Outcome, string>
const outcomes = Object.keys(shapes) as Outcome[]

export const outcomeMark = (outcome: Outcome, words: string): HTMLElement =>
  element(
    'span',
    { class: `mark ${outcome}` },
    element('span', { 'aria-hidden': 'true' }, shapes[outcome]),
    ` ${words}`,
  )

/** One line a step, tab-separated: to be pasted into a letter or a sheet. */
export const asText = (steps: readonly Step[], language: Language): string =>
  steps
    .map(it =>
      [
        stepWords[it.step][language],
        outcomeWords[it.outcome][language],
        detailIn(language, it.subject),
        detailIn(language, it.detail),
      ].join('\t'),
    )
    .join('\n')

/** A section for each kind of step, opened where something in it is not true. */
export const stepList = (
  steps: readonly Step[],
  language: Language,
  t: Text,
  copy: (text: string, from: HTMLButtonElement) => void,
): readonly HTMLElement[] =>
  stepNames.flatMap(name => {
    const own = steps.filter(({ step }) => step === name)
    if (own.length === 0) return []
    const sorted = [...own].sort((a, b) => outcomes.indexOf(a.outcome) - outcomes.indexOf(b.outcome))
    const open = own.some(({ outcome }) => outcome !== 'true' && outcome !== 'not_required')
    return [
      element(
        'details',
        { open },
        element(
          'summary',
          {},
          element('span', { class: 'what' }, stepWords[name][language]),
          ...outcomes.flatMap(outcome => {
            const count = own.filter(it => it.outcome === outcome).length
            const words = outcomeWords[outcome][language]
            return count === 0 ? [] : [outcomeMark(outcome, count === 1 ? words : `${words} × ${count}`)]
          }),
        ),
        element('ul', {}, ...sorted.map(step => stepLine(step, language, t, copy))),
      ),
    ]
  })

const stepLine = (
  step: Step,
  language: Language,
  t: Text,
  copy: (text: string, from: HTMLButtonElement) => void,
): HTMLElement => {
  const copying = button(t.copy, () => copy(asText([step], language), copying), {
    class: 'copy',
    'aria-label': `${t.copy}: ${detailIn(language, step.subject)}`,
  })
  return element(
    'li',
    {},
    outcomeMark(step.outcome, outcomeWords[step.outcome][language]),
    element('span', { class: 'code' }, detailIn(language, step.subject)),
    element('span', { class: 'detail', lang: langOf(step.detail, language) }, detailIn(language, step.detail)),
    copying,
  )
}

/** What stays in English in a Chinese page is read out as English. */
const langOf = (said: string, language: Language): Language | undefined =>
  language === 'en' || chineseOf(said) !== undefined ? undefined : 'en'
