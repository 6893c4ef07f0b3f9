import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react'
import { en } from './en.ts'
import { type Text, zh } from './zh.ts'

export const texts = { 'zh-CN': zh, en } as const satisfies Record<string, Text>
export type Language = keyof typeof texts

type Spoken = { readonly language: Language; readonly t: Text; readonly speak: (language: Language) => void }

const SpokenContext = createContext<Spoken | undefined>(undefined)

/** Chosen before, else what the browser asks for first: Chinese or, for anybody else, English. */
const firstLanguage = (): Language => {
  const kept = localStorage.getItem(KEPT)
  if (kept !== null && isLanguage(kept)) return kept
  return /^zh\b/i.test(navigator.language) ? 'zh-CN' : 'en'
}

const KEPT = 'tallystick.language'
const isLanguage = (text: string): text is Language => Object.hasOwn(texts, text)

export function Speaking({ children }: { readonly children: ReactNode }) {
  const [language, setLanguage] = useState(firstLanguage)
  const spoken = useMemo<Spoken>(
    () => ({
      language,
      t: texts[language],
      speak: it => {
        localStorage.setItem(KEPT, it)
        setLanguage(it)
      },
    }),
    [language],
  )
  useEffect(() => {
    document.documentElement.lang = language
    document.title = spoken.t.product
  }, [language, spoken])
  return <SpokenContext value={spoken}>{children}</SpokenContext>
}

export const useSpoken = (): Spoken => {
  const spoken = useContext(SpokenContext)
  if (spoken === undefined) throw new Error('a component outside of <Speaking> has no language')
  return spoken
}

export const useText = (): Text => useSpoken().t
export type { Text }
