import { Link } from '@tanstack/react-router'
import { Result } from 'antd'
import { useText } from '../text/text.tsx'

export function NotFoundPage() {
  const t = useText()
  return (
    <Result
      status="404"
      title={t.notFound.title}
      subTitle={t.notFound.lead}
      extra={<Link to="/">{t.notFound.home}</Link>}
    />
  )
}
