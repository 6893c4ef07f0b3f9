import { z } from 'zod'
import { sha256 } from '#sha256'
import { hex, utf8 } from '../../core/bytes.ts'
import { gmSelfTest } from '../../core/gm/self-test.ts'
import { parseTrust, type Trust } from '../../core/trust.ts'
import { type Verification, verifyBundle } from '../../core/verify/bundle.ts'
import { conclusion, type Language, languageOf } from '../../core/verify/words.ts'
import { contentsOf } from './contents.ts'
import { button, element } from './element.ts'
import { type Chosen, fileField } from './files.ts'
import { found, readHash } from './find.ts'
import { asText, outcomeMark, stepList } from './steps.ts'
import { texts } from './text.ts'

// The page's own policy lets no code be made at run time.
z.config({ jitless: true })

type State = {
  readonly language: Language
  readonly bundle?: Chosen | undefined
  readonly trust?: Chosen | undefined
  readonly at: string
  readonly blocks: string
  readonly hash: string
  readonly running: boolean
  readonly problem?: string | undefined
  readonly result?: { readonly verification: Verification; readonly trusted: boolean } | undefined
}

let state: State = { language: languageOf(navigator.language), at: '', blocks: '', hash: '', running: false }

const main = element('main')
document.body.append(main)

/** The whole page again, with the focus where it was: it is small, and what it shows follows from the state alone. */
const show = (change: Partial<State>): void => {
  state = { ...state, ...change }
  const focused = document.activeElement?.id
  const t = texts[state.language]
  document.documentElement.lang = state.language
  document.title = `Tallystick 符信 · ${t.title}`
  main.replaceChildren(...page())
  if (focused) document.getElementById(focused)?.focus()
}

const page = (): readonly (HTMLElement | string)[] => {
  const { language, bundle, problem, result, running } = state
  const t = texts[language]
  const other: Language = language === 'en' ? 'zh-CN' : 'en'
  return [
    element(
      'header',
      {},
      element('h1', {}, t.title),
      button(t.otherLanguage, () => show({ language: other }), { id: 'language', lang: other }),
      element('p', {}, t.lead),
    ),
    element('section', { class: 'files' }, ...files()),
    element('p', { class: 'note' }, state.trust === undefined ? t.noTrust : t.privacy),
    settings(),
    button(running ? t.running : t.start, () => void check(), {
      id: 'start',
      class: 'primary',
      disabled: bundle === undefined || running,
    }),
    element('p', { role: 'alert', class: problem === undefined ? '' : 'problem' }, problem ?? ''),
    ...(result === undefined || bundle === undefined ? [] : outcome(bundle, result)),
  ]
}

const files = (): readonly HTMLElement[] => {
  const t = texts[state.language]
  const fail = (problem: string) => show({ problem })
  const fresh = { result: undefined, problem: undefined }
  return [
    fileField(
      { label: t.bundle, hint: t.dropBundle, unreadable: t.unreadable },
      state.bundle,
      bundle => show({ bundle, ...fresh }),
      fail,
    ),
    fileField(
      { label: t.trust, hint: t.dropTrust, unreadable: t.unreadable },
      state.trust,
      trust => show({ trust, ...fresh }),
      fail,
    ),
  ]
}

/** Kept as it is typed, without drawing the page again under the typist's hands. */
const typed = (id: 'at' | 'blocks' | 'hash', label: string, done?: () => void): HTMLElement => {
  const input = element('input', { id, type: 'text', autocomplete: 'off', spellcheck: 'false', value: state[id] })
  input.addEventListener('input', () => {
    state = { ...state, [id]: input.value }
  })
  if (done) input.addEventListener('change', done)
  return element('p', { class: 'typed' }, element('label', { for: id }, label), input)
}

const settings = (): HTMLElement => {
  const t = texts[state.language]
  return element(
    'details',
    { class: 'settings', open: state.at !== '' || state.blocks !== '' },
    element('summary', {}, element('span', { class: 'what' }, t.settings)),
    typed('at', t.at),
    typed('blocks', t.blocks),
  )
}

const outcome = (bundle: Chosen, { verification, trusted }: NonNullable<State['result']>): readonly HTMLElement[] => {
  const { language } = state
  const t = texts[language]
  const { verdict, steps } = verification
  const tone = { verified: 'true', false: 'false', undecided: 'not_checkable' } as const
  const contents = contentsOf(bundle.text, t)
  const copyAll = button(t.copyAll, () => void copy(report(bundle, steps), copyAll), { id: 'copy-all' })
  return [
    element(
      'section',
      { class: `verdict ${verdict}`, role: 'status' },
      outcomeMark(tone[verdict], conclusion(verdict, steps, trusted, language)),
      element('p', {}, t.summary(steps.length, steps.filter(it => it.outcome === 'true').length)),
      copyAll,
    ),
    ...(contents === undefined ? [] : [contents]),
    element(
      'section',
      { 'aria-labelledby': 'find' },
      element('h2', { id: 'find' }, t.find),
      typed('hash', t.findHint, () => show({})),
      element('p', { role: 'status' }, ...answers(bundle.text).flatMap(line => [line, element('br')])),
    ),
    element(
      'section',
      { 'aria-labelledby': 'steps' },
      element('h2', { id: 'steps' }, t.steps),
      ...stepList(steps, language, t, (text, from) => void copy(text, from)),
    ),
  ]
}

const answers = (file: string): readonly string[] => {
  const t = texts[state.language]
  if (state.hash.trim() === '') return []
  const hash = readHash(state.hash)
  if (hash === undefined) return [t.notAHash]
  const lines = found(file, hash, t)
  return lines.length === 0 ? [t.notFound] : lines
}

const report = (bundle: Chosen, steps: Verification['steps']): string =>
  [
    `${bundle.name}\tSHA-256 ${hex(sha256(utf8(bundle.text)))}`,
    conclusion(verdictNow(), steps, state.result?.trusted ?? false, state.language),
    asText(steps, state.language),
  ].join('\n')

const verdictNow = () => state.result?.verification.verdict ?? 'undecided'

const copy = async (text: string, from: HTMLButtonElement): Promise<void> => {
  const words = from.textContent
  await navigator.clipboard.writeText(text)
  from.textContent = texts[state.language].copied
  setTimeout(() => {
    from.textContent = words
  }, 2000)
}

const check = async (): Promise<void> => {
  const { bundle, trust: chosen, at, blocks } = state
  const t = texts[state.language]
  if (bundle === undefined) return
  const instant = at.trim() === '' ? undefined : new Date(at.trim())
  if (instant !== undefined && !(/^\d{4}-\d\d-\d\dT/.test(at.trim()) && Number.isFinite(instant.getTime())))
    return show({ problem: t.atInvalid, result: undefined })
  const hashes = blocks.trim().toLowerCase().split(/\s+/).filter(Boolean)
  if (hashes.some(it => !/^0x[0-9a-f]{64}$/.test(it))) return show({ problem: t.blocksInvalid, result: undefined })
  let trust: Trust | undefined
  try {
    trust = chosen && parseTrust(chosen.text)
  } catch (error) {
    return show({
      problem: `${t.trustInvalid}: ${error instanceof Error ? error.message : String(error)}`,
      result: undefined,
    })
  }
  try {
    gmSelfTest()
  } catch (error) {
    return show({ problem: error instanceof Error ? error.message : String(error), result: undefined })
  }
  show({ running: true, problem: undefined, result: undefined })
  const verification = await verifyBundle(bundle.text, { trust, at: instant, blocks: new Set(hashes) })
  show({ running: false, result: { verification, trusted: trust !== undefined } })
}

show({})
