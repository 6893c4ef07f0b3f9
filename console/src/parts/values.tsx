import { Tooltip, Typography } from 'antd'
import { useOrganizations } from '../api/lists.ts'
import { codeLabel } from '../format/code.ts'
import { moneyText } from '../format/money.ts'
import { timeText } from '../format/when.ts'
import { useText } from '../text/text.tsx'

export const Money = ({ minor, currency }: { readonly minor: string; readonly currency: string }) => (
  <span className="figure">{moneyText(minor, currency)}</span>
)

/** In the reader's zone; the instant in UTC is in the title. */
export const When = ({ at }: { readonly at: string | number }) => {
  const iso = new Date(at).toISOString()
  return (
    <time dateTime={iso} title={iso} className="figure">
      {timeText(at)}
    </time>
  )
}

/** A code as people read it; the canonical form can be copied. */
export const Code = ({ text }: { readonly text: string }) => (
  <Typography.Text className="code" copyable={{ text, tooltips: false }} title={text}>
    {codeLabel(text)}
  </Typography.Text>
)

/** First characters of a digest; the whole can be copied. */
export const Digest = ({ text }: { readonly text: string }) => (
  <Typography.Text className="code" copyable={{ text, tooltips: false }} title={text}>
    {text.length > 16 ? `${text.slice(0, 12)}…` : text}
  </Typography.Text>
)

/** What an organization is called; its USCC on demand. */
export const Organization = ({ uscc }: { readonly uscc: string }) => {
  const { nameOf } = useOrganizations()
  const t = useText()
  const name = nameOf(uscc)
  return (
    <Tooltip title={`${t.signIn.uscc} ${uscc}`}>
      <span>{name}</span>
    </Tooltip>
  )
}
