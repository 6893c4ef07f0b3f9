import { useMemo, useRef, useState } from 'react'
import { codeStandings } from '../../../resolver/standing/contract.ts'
import { call } from '../api/call.ts'
import type { Session } from '../session/session.tsx'
import { keepBench } from './bench-store.ts'
import { type Expected, isInstance, type Scanned } from './event.ts'
import { type Signal, signal } from './signals.ts'
import { type Bench, identityText, judge, type Standing, type Verdict } from './verdict.ts'

/** The verdict on the last scan, or that one was taken back. `turn` tells two of the same apart. */
export type Said = { readonly turn: number } & (Verdict | { readonly kind: 'undone'; readonly code: string })

type Given = {
  readonly session: Session
  readonly id: string
  readonly expected: readonly Expected[]
  /** By identity: numbers of other despatch advices that have it. */
  readonly elsewhere: Bench['elsewhere']
  /** How the expected codes stand, by code. */
  readonly standings: Bench['standings']
  /** What a page before this one left. */
  readonly kept: Scanned
  readonly loud: boolean
}

/**
 * What lies on the bench. Kept on the device with every scan. Scans can come faster than a page is drawn, so what counts
 * is held outside of what is drawn.
 */
export const useBench = ({ session, id, expected, elsewhere, standings, kept, loud }: Given) => {
  const now = useRef<Scanned>(kept)
  const turns = useRef<Promise<unknown>>(Promise.resolve())
  const asked = useRef(new Map<string, Standing>())
  const [scanned, setScanned] = useState<Scanned>(kept)
  const [said, setSaid] = useState<Said>()
  const byIdentity = useMemo(() => new Map(expected.flatMap(({ code }) => pairOf(code))), [expected])
  // One after the other, each with what is true by then: an older state never overwrites a newer one.
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const done = turns.current.then(work)
    turns.current = done.then(
      () => undefined,
      () => undefined,
    )
    return done
  }
  const show = (next: Scanned) => {
    now.current = next
    setScanned(next)
  }
  /** Judged by at once, and shown when it is kept: what was counted is there after the power went. */
  const change = (next: Scanned) => {
    now.current = next
    return inTurn(async () => {
      const kept = now.current
      await keepBench(id, kept)
      setScanned(kept)
    })
  }
  const say = (of: Verdict | { readonly kind: 'undone'; readonly code: string }) => {
    setSaid(before => ({ ...of, turn: (before?.turn ?? 0) + 1 }))
    signal(of.kind satisfies Signal, loud)
  }
  const put = (code: string) => change(new Map(now.current).set(code, countedOf(code, expected)))
  const judged = (text: string) =>
    judge(text, {
      ...{ expected: byIdentity, elsewhere, scanned: new Set(now.current.keys()) },
      standings: new Map([...standings, ...asked.current]),
    })
  return {
    scanned,
    said,
    /** One scan, from wherever it came. */
    async scan(text: string) {
      const verdict = judged(text)
      // Kept before it is told: what was heard as taken is there after the power went.
      if (verdict.kind === 'taken') await put(verdict.code)
      say(verdict)
      if (verdict.kind !== 'unknown' && verdict.kind !== 'elsewhere') return
      const standing = await ask(session, verdict.code)
      if (standing === undefined) return
      asked.current.set(verdict.code, standing)
      const now = judged(text)
      if (now.kind === 'blocked' || (now.kind === 'unknown' && now.unregistered)) say(now)
    },
    /** The clerk has it at hand, whatever the papers say. */
    async take(code: string) {
      await put(code)
      say({ kind: 'taken', code, unregistered: false })
    },
    async undo() {
      const code = [...now.current.keys()].at(-1)
      if (code === undefined) return
      await change(without(now.current, code))
      say({ kind: 'undone', code })
    },
    remove: (code: string) => change(without(now.current, code)),
    count: (code: string, quantity: string, unit: string) => change(new Map(now.current).set(code, { quantity, unit })),
    /** Hands over all that is there. What is scanned meanwhile stays on the bench. */
    handIn: <Result>(work: (scanned: Scanned) => Promise<Result>): Promise<Result> =>
      inTurn(async () => {
        const handed = now.current
        const result = await work(handed)
        show(new Map([...now.current].filter(([code]) => !handed.has(code))))
        setSaid(undefined)
        await keepBench(id, now.current)
        return result
      }),
  }
}

const pairOf = (code: string) => {
  const identity = identityText(code)
  return identity === undefined ? [] : [[identity, code] as const]
}

const without = (scanned: Scanned, code: string): Scanned => new Map([...scanned].filter(([it]) => it !== code))

/** Of what is on no list the register is asked by itself, where there is a network. */
const ask = async ({ client }: Session, code: string): Promise<Standing | undefined> => {
  if (!navigator.onLine) return undefined
  try {
    return (await call(client, codeStandings, { body: { codes: [code] } })).items[0]
  } catch {
    // The verdict that was told stands: nothing was taken.
    return undefined
  }
}

/** Lots are counted: the despatch advice's own quantity is where the clerk begins. */
const countedOf = (code: string, expected: readonly Expected[]) => {
  const known = expected.find(it => it.code === code)
  if (known?.quantity !== undefined) return { quantity: known.quantity, unit: known.unit ?? 'C62' }
  return known !== undefined || isInstance(code) ? undefined : { quantity: '1', unit: 'C62' }
}
