import type { Frame, Seen } from './reader.worker.ts'

export type CameraFault = 'denied' | 'none' | 'busy' | 'insecure' | 'failed'

/** Why there is no picture, as a code that the text tables put in words. */
export class CameraError extends Error {
  readonly fault: CameraFault

  constructor(fault: CameraFault, options?: ErrorOptions) {
    super(fault, options)
    this.name = 'CameraError'
    this.fault = fault
  }
}

export type Camera = {
  readonly stream: MediaStream
  /** Undefined where the camera has no light. */
  readonly light: ((on: boolean) => Promise<void>) | undefined
  readonly close: () => void
}

type Watching = {
  /** The picture that the clerk sees. */
  readonly video: HTMLVideoElement
  readonly seen: (text: string) => void
  readonly failed: (fault: CameraFault) => void
}

/** A code that stays in view is scanned once: it has to be gone for so long before it counts as shown again. */
const GONE_MS = 2_000
/** Fine enough for the smallest label at a hand's distance; more pixels only take longer. */
const SIZE = { width: { ideal: 1280 }, height: { ideal: 720 } }

/** Opens the camera on the back, and reads in a thread of its own what it sees. Throws a {@link CameraError}. */
export const openCamera = async ({ video, seen, failed }: Watching): Promise<Camera> => {
  const stream = await openStream()
  const worker = new Worker(new URL('./reader.worker.ts', import.meta.url), { type: 'module' })
  const [track] = stream.getVideoTracks()
  let open = true
  const close = () => {
    open = false
    worker.terminate()
    for (const it of stream.getTracks()) it.stop()
    video.srcObject = null
  }
  const fail = (fault: CameraFault) => {
    if (!open) return
    close()
    failed(fault)
  }
  const next = () => {
    if (!open) return
    video.requestVideoFrameCallback(() => {
      if (!open) return
      createImageBitmap(video).then(
        image => worker.postMessage({ image } satisfies Frame, [image]),
        () => fail('failed'),
      )
    })
  }
  const last = new Map<string, number>()
  worker.onerror = () => fail('failed')
  worker.onmessage = ({ data }: MessageEvent<Seen>) => {
    if ('failed' in data) return fail('failed')
    const now = performance.now()
    for (const text of data.texts) {
      if (now - (last.get(text) ?? Number.NEGATIVE_INFINITY) > GONE_MS) seen(text)
      last.set(text, now)
    }
    next()
  }
  track?.addEventListener('ended', () => fail('busy'))
  video.srcObject = stream
  await video.play()
  next()
  const torch = track?.getCapabilities && 'torch' in track.getCapabilities()
  const light = torch ? (on: boolean) => track.applyConstraints({ advanced: [{ torch: on } as object] }) : undefined
  return { stream, light, close }
}

const openStream = async (): Promise<MediaStream> => {
  if (navigator.mediaDevices === undefined) throw new CameraError('insecure')
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: 'environment', ...SIZE } })
  } catch (cause) {
    const name = cause instanceof DOMException ? cause.name : ''
    throw new CameraError(faults[name] ?? 'failed', { cause })
  }
}

/** What browsers call it. */
const faults: Readonly<Record<string, CameraFault>> = {
  NotAllowedError: 'denied',
  NotFoundError: 'none',
  OverconstrainedError: 'none',
  NotReadableError: 'busy',
}
