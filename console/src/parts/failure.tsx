import { Alert, Button } from 'antd'
import { Refusal } from '../../../core/errors.ts'
import { useSpoken } from '../text/text.tsx'

type Explained = { readonly title: string; readonly detail: string | undefined }

/** A refusal in the reader's words, with the node's own sentence under it where that says more. */
export const useExplain = (): ((error: unknown) => Explained) => {
  const { t } = useSpoken()
  return error => {
    if (error instanceof Refusal) {
      const title = t.refusals[error.code]
      return { title, detail: error.message === title ? undefined : `${error.code}: ${error.message}` }
    }
    if (error instanceof TypeError) return { title: t.common.network, detail: undefined }
    return { title: error instanceof Error ? error.message : String(error), detail: undefined }
  }
}

/** In the place of what could not be read. */
export function Failure({ error, retry }: { readonly error: unknown; readonly retry?: () => void }) {
  const { t } = useSpoken()
  const { title, detail } = useExplain()(error)
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      title={`${t.common.failed}${t.common.colon}${title}`}
      description={detail}
      action={retry && <Button onClick={retry}>{t.common.retry}</Button>}
    />
  )
}
