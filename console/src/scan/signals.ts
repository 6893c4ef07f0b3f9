import type { Verdict } from './verdict.ts'

export type Signal = Verdict['kind'] | 'undone'

/** Hertz and milliseconds; a pause is 0 Hz. High and short is good; whoever doesn't look hears the others apart. */
const tones = {
  taken: [[1046, 90]],
  undone: [[523, 60]],
  duplicate: [
    [587, 90],
    [0, 60],
    [587, 90],
  ],
  elsewhere: [
    [440, 140],
    [330, 140],
    [440, 140],
  ],
  blocked: [[165, 600]],
  unknown: [
    [294, 120],
    [0, 60],
    [294, 120],
    [0, 60],
    [294, 120],
  ],
  unclear: [
    [392, 90],
    [523, 90],
  ],
  unreadable: [[220, 250]],
} as const satisfies Record<Signal, readonly (readonly [number, number])[]>

/** Milliseconds of shaking and rest, by turns. */
const shakes = {
  taken: [40],
  undone: [20],
  duplicate: [60, 60, 60],
  elsewhere: [150, 80, 150],
  blocked: [600],
  unknown: [120, 60, 120, 60, 120],
  unclear: [80, 40, 80],
  unreadable: [250],
} as const satisfies Record<Signal, readonly number[]>

let audio: AudioContext | undefined

/** By ear and by hand. A device that can't, or may not yet, stays silent: the words are there anyway. */
export const signal = (of: Signal, loud: boolean): void => {
  navigator.vibrate?.([...shakes[of]])
  if (!loud || typeof AudioContext === 'undefined') return
  audio ??= new AudioContext()
  void audio.resume()
  let at = audio.currentTime
  for (const [frequency, milliseconds] of tones[of]) {
    if (frequency > 0) beep(audio, frequency, at, milliseconds / 1000)
    at += milliseconds / 1000
  }
}

const beep = (on: AudioContext, frequency: number, at: number, seconds: number): void => {
  const [oscillator, gain] = [on.createOscillator(), on.createGain()]
  oscillator.frequency.value = frequency
  gain.gain.setValueAtTime(0.2, at)
  // A tone that is cut off clicks.
  gain.gain.linearRampToValueAtTime(0, at + seconds)
  oscillator.connect(gain).connect(on.destination)
  oscillator.start(at)
  oscillator.stop(at + seconds)
}
