import { type Refusal, refusals } from '../core/errors.ts'

/** Why one event of a document was not taken, as the job tells it. */
export type CaptureError = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly position: number
}

export const captureError = (refusal: Refusal, position: number): CaptureError => ({
  type: `urn:tallystick:problem:${refusal.code}`,
  title: refusals[refusal.code][1],
  status: refusal.status,
  detail: refusal.message,
  position,
})
