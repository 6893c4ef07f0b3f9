import { useEffect, useRef, useState } from 'react'
import { isComposed, type Key, type Keystrokes, noKeys, press, releaseAlt } from './keystrokes.ts'

/** The field in which people type codes: a scanner may type there too, and leaves nothing behind. */
export const TYPING = 'codes'

/**
 * A handheld scanner, wherever the focus is, except in fields that ask for something else.
 * @returns whether an input method had the last keys
 */
export const useHandheld = (scanned: (text: string) => void): boolean => {
  const [composed, setComposed] = useState(false)
  const take = useRef(scanned)
  take.current = scanned
  useEffect(() => {
    let state: Keystrokes = noKeys
    const pressed = (event: KeyboardEvent) => {
      const key = keyOf(event)
      if (isComposed(key)) setComposed(true)
      else if (key.key.length === 1) setComposed(false)
      if (asksForSomethingElse(event.target)) return
      const read = press(state, key)
      state = read.next
      if (!read.machine) return
      // A button that has the focus is not pressed by a scanner's Enter, nor the focus moved by its Tab.
      event.preventDefault()
      event.stopPropagation()
      if (read.scanned !== undefined) take.current(read.scanned)
    }
    const released = (event: KeyboardEvent) => {
      if (event.key === 'Alt') state = releaseAlt(state, event.timeStamp)
    }
    window.addEventListener('keydown', pressed, { capture: true })
    window.addEventListener('keyup', released, { capture: true })
    return () => {
      window.removeEventListener('keydown', pressed, { capture: true })
      window.removeEventListener('keyup', released, { capture: true })
    }
  }, [])
  return composed
}

const keyOf = (event: KeyboardEvent): Key => ({
  ...{ code: event.code, key: event.key, shift: event.shiftKey, ctrl: event.ctrlKey, alt: event.altKey },
  ...{ composing: event.isComposing, at: event.timeStamp },
})

const asksForSomethingElse = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.id !== TYPING && target.matches('input, textarea, select, [contenteditable]')
