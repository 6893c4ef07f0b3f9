import { expect } from 'chai'
import fc from 'fast-check'
import { isComposed, type Key, type Keystrokes, noKeys, press, releaseAlt } from '../../console/src/scan/keystrokes.ts'

const layout =
  'Digit1 1! Digit2 2@ Digit3 3# Digit4 4$ Digit5 5% Digit6 6^ Digit7 7& Digit8 8* Digit9 9( Digit0 0) Minus -_ Equal =+ Slash /? Period .> Comma ,< Semicolon ;: Quote \'" BracketLeft [{ BracketRight ]} Backslash \\|'
const byCharacter = new Map<string, { code: string; shift: boolean }>(
  [...layout.matchAll(/(\w+) (\S)(\S)/g)].flatMap(([, code, plain, shifted]) => [
    [plain!, { code: code!, shift: false }],
    [shifted!, { code: code!, shift: true }],
  ]),
)
for (const letter of 'abcdefghijklmnopqrstuvwxyz') {
  byCharacter.set(letter, { code: `Key${letter.toUpperCase()}`, shift: false })
  byCharacter.set(letter.toUpperCase(), { code: `Key${letter.toUpperCase()}`, shift: true })
}

/** The keys that a scanner presses for a text; what the browser calls them is left to the case. */
const typed = (text: string, every: number, called: (character: string) => Partial<Key> = () => ({})): Key[] =>
  [...text].map((character, i) => ({
    ...(character === '\n'
      ? { code: 'Enter', key: 'Enter', shift: false }
      : { ...byCharacter.get(character)!, key: character }),
    ...{ ctrl: false, alt: false, composing: false, at: i * every },
    ...called(character),
  }))

const scansOf = (keys: readonly Key[]) => {
  let state: Keystrokes = noKeys
  const scans: string[] = []
  let machine = false
  for (const key of keys) {
    const read = press(state, key)
    state = read.next
    machine ||= read.machine
    if (read.scanned !== undefined) scans.push(read.scanned)
  }
  return { scans, machine }
}

const code = '(01)06901234900026(10)A/7-b(21)SN%2B"\\(1)'

describe('a scanner that types', () => {
  it('is read whole, whatever it sends', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...byCharacter.keys()), { minLength: 6, maxLength: 90 }),
        fc.integer({ min: 0, max: 50 }),
        (characters, every) => {
          const text = characters.join('')
          expect(scansOf(typed(`${text}\n`, every)).scans).to.deep.equal([text])
        },
      ),
    )
  })

  it('is read by its keys where an input method has them, and where Caps Lock turns them around', () => {
    const composed = typed(`${code}\n`, 8, () => ({ key: 'Process', composing: true }))
    expect(scansOf(composed).scans).to.deep.equal([code])
    expect(composed.every(isComposed)).to.equal(true)
    const locked = typed(`${code}\n`, 8, character => ({
      key: character === '\n' ? 'Enter' : character === character.toUpperCase() ? character.toLowerCase() : character,
    }))
    expect(scansOf(locked).scans).to.deep.equal([code])
  })

  it('is read where it presses no Shift, and where it presses keys that no keyboard has', () => {
    expect(scansOf(typed(`${code}\n`, 8).map(it => ({ ...it, shift: false }))).scans[0]).to.equal(
      code.replaceAll(/[A-Z]/g, it => it.toLowerCase()),
    )
    const bare = typed(`${code}\n`, 8).map(it => (it.code === 'Enter' ? it : { ...it, shift: false, code: '' }))
    expect(scansOf(bare).scans).to.deep.equal([code])
  })

  it('ends with Tab as well, and one scan does not run into the next', () => {
    const keys = typed('AAAAAA\nBBBBBB\n', 5)
    keys[6] = { ...keys[6]!, code: 'Tab', key: 'Tab' }
    expect(scansOf(keys).scans).to.deep.equal(['AAAAAA', 'BBBBBB'])
  })

  it('is no person: neither slow keys nor few of them are a scan', () => {
    expect(scansOf(typed(`${code}\n`, 51))).to.deep.equal({ scans: [], machine: false })
    expect(scansOf(typed('12345\n', 5))).to.deep.equal({ scans: [], machine: false })
    const once = typed('abc123456\n', 10).map((key, i) => (i >= 3 ? { ...key, at: key.at + 400 } : key))
    expect(scansOf(once).scans).to.deep.equal(['123456'])
  })

  it('may stop for breath once it is known, and is forgotten when it does not go on', () => {
    const wireless = (pause: number) =>
      typed(`${code}\n`, 8).map((key, i) => (i < 20 ? key : { ...key, at: key.at + pause }))
    expect(scansOf(wireless(200)).scans).to.deep.equal([code])
    expect(scansOf(wireless(300)).scans).to.deep.equal([code.slice(20)])
  })

  it('may send the group separator as Ctrl and ], or as Alt and digits', () => {
    const separator: Key = {
      ...{ code: 'BracketRight', key: ']', shift: false, ctrl: true, alt: false, composing: false, at: 30 },
    }
    const [before, after] = [typed('21ABCD', 5), typed('10AB\n', 5, () => ({})).map(it => ({ ...it, at: it.at + 35 }))]
    expect(scansOf([...before, separator, ...after]).scans).to.deep.equal(['21ABCD\u001d10AB'])

    let state: Keystrokes = noKeys
    for (const key of before) state = press(state, key).next
    for (const digit of '029') {
      const held = { ...{ code: `Numpad${digit}`, key: digit, shift: false, ctrl: false, alt: true, composing: false } }
      state = press(state, { ...held, at: 30 }).next
    }
    state = releaseAlt(state, 31)
    let scanned: string | undefined
    for (const key of after) {
      const read = press(state, key)
      state = read.next
      scanned ??= read.scanned
    }
    expect(scanned).to.equal('21ABCD\u001d10AB')
  })

  it('does not take keys that type nothing, and goes on behind them', () => {
    const keys = typed(`${code}\n`, 5)
    const shift = { ...keys[0]!, code: 'ShiftLeft', key: 'Shift', shift: true, at: 12 }
    expect(scansOf([...keys.slice(0, 3), shift, ...keys.slice(3)]).scans).to.deep.equal([code])
  })
})
