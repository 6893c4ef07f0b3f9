import type { CDPSession, Page } from 'playwright-core'

/** A handheld scanner on the keyboard of a page: real key presses, a few milliseconds apart, by the US layout. */
export const scannerOf = async (page: Page): Promise<Scanner> => {
  const keys = await page.context().newCDPSession(page)
  return {
    scan: text => type(keys, `${text}\n`, false),
    scanComposed: text => type(keys, `${text}\n`, true),
  }
}

export type Scanner = {
  readonly scan: (text: string) => Promise<void>
  /** While an input method has the keys: the browser is told of a key and not which character it is. */
  readonly scanComposed: (text: string) => Promise<void>
}

const SHIFT = 8

/** Without waiting for one key before the next, as a scanner does: pages that are slow must not matter. */
const type = async (keys: CDPSession, text: string, composed: boolean): Promise<void> => {
  const sent: Promise<unknown>[] = []
  const press = (type: 'keyDown' | 'rawKeyDown' | 'keyUp', key: object) =>
    sent.push(keys.send('Input.dispatchKeyEvent', { type, ...key }))
  for (const character of text) {
    const { code, shift } = keyOf(character)
    const common = { code, modifiers: shift ? SHIFT : 0 }
    const named = character === '\n' ? { key: 'Enter', windowsVirtualKeyCode: 13 } : { key: character, text: character }
    const key = { ...common, ...(composed ? { key: 'Process', windowsVirtualKeyCode: 229 } : named) }
    press(composed || character === '\n' ? 'rawKeyDown' : 'keyDown', key)
    // What it shows under way is what the method makes of the letters, and no code.
    if (composed) {
      sent.push(keys.send('Input.imeSetComposition', { text: '中', selectionStart: 1, selectionEnd: 1 }))
    }
    press('keyUp', key)
  }
  await Promise.all(sent)
}

const others = {
  ...{ '1': 'Digit1', '2': 'Digit2', '3': 'Digit3', '4': 'Digit4', '5': 'Digit5', '6': 'Digit6', '7': 'Digit7' },
  ...{ '8': 'Digit8', '9': 'Digit9', '0': 'Digit0', '/': 'Slash', '.': 'Period', '-': 'Minus', ']': 'BracketRight' },
  '\n': 'Enter',
}
const shifted = { '(': 'Digit9', ')': 'Digit0', ':': 'Semicolon', '%': 'Digit5', _: 'Minus' }

const keyOf = (character: string): { readonly code: string; readonly shift: boolean } => {
  if (/[a-z]/i.test(character)) return { code: `Key${character.toUpperCase()}`, shift: /[A-Z]/.test(character) }
  const plain = new Map(Object.entries(others)).get(character)
  const held = new Map(Object.entries(shifted)).get(character)
  const code = plain ?? held
  if (code === undefined) throw new Error(`this scanner has no key for ${character}`)
  return { code, shift: held !== undefined }
}
