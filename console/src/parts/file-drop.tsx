import { Upload } from 'antd'
import { useText } from '../text/text.tsx'

type FileDropProps = {
  readonly label: string
  readonly accept: string
  readonly file: File | undefined
  readonly choose: (file: File) => void
}

/** Takes one file by choosing or dropping. It stays in the page. */
export function FileDrop({ label, accept, file, choose }: FileDropProps) {
  const t = useText()
  return (
    <Upload.Dragger
      accept={accept}
      maxCount={1}
      showUploadList={false}
      beforeUpload={chosen => {
        choose(chosen)
        return false
      }}
    >
      <p style={{ margin: 0 }}>{label}</p>
      {file && (
        <p style={{ margin: '4px 0 0' }}>
          <strong>{t.signIn.chosen(file.name)}</strong>
        </p>
      )}
    </Upload.Dragger>
  )
}
