/**
 * A handheld scanner that types. It is told from a person by its speed, and read by which keys it presses and not by what
 * the browser makes of them: an input method turns keys into candidates, Caps Lock turns letters around, and neither
 * touches `event.code`. Scanners leave the factory set to the US layout, whose table this is.
 */

/** What of a KeyboardEvent counts. `at` in milliseconds. */
export type Key = {
  readonly code: string
  readonly key: string
  readonly shift: boolean
  readonly ctrl: boolean
  readonly alt: boolean
  readonly composing: boolean
  readonly at: number
}

export type Keystrokes = {
  readonly text: string
  readonly last: number
  /** Digits typed while Alt is held: how Windows is told a character that has no key. */
  readonly alt: string
}

export type Read = {
  readonly next: Keystrokes
  /** Set with the key that ended it. */
  readonly scanned?: string
  /** These keys come as fast as no finger: whoever else listens should not have them. */
  readonly machine: boolean
}

export const noKeys: Keystrokes = { text: '', last: Number.NEGATIVE_INFINITY, alt: '' }

/** Scanners type a key every 1 to 30 ms; the fastest typists need 60, and nobody does so for six keys in a row. */
const FASTEST_FINGER_MS = 50
const SHORTEST_SCAN = 6
/** What has typed so many keys like that is a machine, and one without a wire stops for breath. */
const LONGEST_BREATH_MS = 250

/** One key pressed. A scan ends with Enter or Tab, as scanners are set to send. */
export const press = (before: Keystrokes, key: Key): Read => {
  const pause = key.at - before.last
  const longest = before.text.length >= SHORTEST_SCAN ? LONGEST_BREATH_MS : FASTEST_FINGER_MS
  const fresh = pause > longest ? { ...noKeys, alt: before.alt } : before
  if (key.code === 'Enter' || key.code === 'NumpadEnter' || key.code === 'Tab') {
    const machine = fresh.text.length >= SHORTEST_SCAN
    return machine ? { next: noKeys, scanned: fresh.text, machine } : { next: noKeys, machine }
  }
  if (key.alt && /^Numpad\d$/.test(key.code)) {
    return { next: { ...fresh, last: key.at, alt: fresh.alt + key.code.slice(-1) }, machine: false }
  }
  const typed = characterOf(key)
  if (typed === undefined) return { next: { ...fresh, last: fresh.text === '' ? fresh.last : key.at }, machine: false }
  const text = fresh.text + typed
  return { next: { text, last: key.at, alt: '' }, machine: text.length >= SHORTEST_SCAN }
}

/** Alt was let go: the digits before it were one character. Group separators come in this way. */
export const releaseAlt = (before: Keystrokes, at: number): Keystrokes => {
  const value = Number(before.alt)
  if (before.alt === '' || value > 127) return { ...before, alt: '' }
  return { ...before, text: before.text + String.fromCharCode(value), last: at, alt: '' }
}

/** An input method has the keys: what a field shows is not what was pressed. */
export const isComposed = (key: Pick<Key, 'key' | 'composing'>): boolean => key.composing || key.key === 'Process'

const characterOf = ({ code, key, shift, ctrl, alt }: Key): string | undefined => {
  // Ctrl and ] is how a terminal types the group separator, and how scanners send it.
  if (ctrl && code === 'BracketRight') return '\u001d'
  if (ctrl || alt) return undefined
  const pair = keys[code]
  // Handheld computers press no Shift for what their built-in scanner reads, and say the character at once.
  if (pair !== undefined) return pair[shift || key === pair[1] ? 1 : 0]
  if (/^Key[A-Z]$/.test(code)) return shift ? code.slice(3) : code.slice(3).toLowerCase()
  if (/^Numpad\d$/.test(code)) return code.slice(6)
  // Built-in scanners of handheld computers press keys that no keyboard has.
  return code === '' && key.length === 1 ? key : undefined
}

/** Without and with Shift, by the US layout. */
const keys: Readonly<Record<string, string>> = {
  ...{ Digit1: '1!', Digit2: '2@', Digit3: '3#', Digit4: '4$', Digit5: '5%', Digit6: '6^', Digit7: '7&', Digit8: '8*' },
  ...{ Digit9: '9(', Digit0: '0)', Minus: '-_', Equal: '=+', BracketLeft: '[{', BracketRight: ']}', Backslash: '\\|' },
  ...{ Semicolon: ';:', Quote: '\'"', Backquote: '`~', Comma: ',<', Period: '.>', Slash: '/?', Space: '  ' },
  ...{ NumpadDecimal: '..', NumpadDivide: '//', NumpadMultiply: '**', NumpadSubtract: '--', NumpadAdd: '++' },
}
