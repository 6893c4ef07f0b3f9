import { Alert, Button, Flex } from 'antd'
import { useEffect, useRef, useState } from 'react'
import { type Camera, CameraError, type CameraFault, openCamera } from '../scan/camera.ts'
import { useText } from '../text/text.tsx'

/** What the camera sees, and the codes in it. Loaded when somebody opens it. */
export function ScanCamera({ seen }: { readonly seen: (text: string) => void }) {
  const t = useText()
  const video = useRef<HTMLVideoElement>(null)
  const take = useRef(seen)
  take.current = seen
  const [camera, setCamera] = useState<Camera>()
  const [fault, setFault] = useState<CameraFault>()
  const [lit, setLit] = useState(false)
  useEffect(() => {
    const { current } = video
    if (current === null) return
    let over = false
    let opened: Camera | undefined
    openCamera({ video: current, seen: text => take.current(text), failed: setFault }).then(
      it => {
        opened = it
        if (over) it.close()
        else setCamera(it)
      },
      (error: unknown) => {
        if (!over) setFault(error instanceof CameraError ? error.fault : 'failed')
      },
    )
    return () => {
      over = true
      opened?.close()
    }
  }, [])
  if (fault !== undefined) return <Alert type="error" showIcon role="alert" title={t.scan.cameraErrors[fault]} />
  return (
    <Flex vertical gap="small" className="camera">
      <video ref={video} muted playsInline aria-label={t.scan.cameraView} />
      {camera === undefined && <span role="status">{t.scan.cameraStarting}</span>}
      {camera?.light && (
        <Button
          aria-pressed={lit}
          onClick={() => {
            setLit(!lit)
            void camera.light?.(!lit)
          }}
        >
          {t.scan.torch}
        </Button>
      )}
    </Flex>
  )
}
