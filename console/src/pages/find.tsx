import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Alert, Button, Card, Flex, Input } from 'antd'
import { useState } from 'react'
import { readQuery } from '../format/query.ts'
import { Page } from '../parts/page.tsx'
import { useSessions } from '../session/session.tsx'
import { useText } from '../text/text.tsx'
import { FoundCertificate, FoundOrganization } from './find-certificate.tsx'
import { FoundCode } from './find-code.tsx'
import { FoundHash, FoundIndex } from './find-hash.tsx'

const route = getRouteApi('/find')

/** One field for whatever an auditor has in hand. It says what it took it for, and what that is. */
export function FindPage() {
  const { find } = useText()
  const { q = '' } = route.useSearch()
  return (
    <Page title={find.title} lead={find.lead}>
      <Field key={q} q={q} />
      {q.trim() !== '' && <Found q={q} />}
    </Page>
  )
}

function Field({ q }: { readonly q: string }) {
  const { find } = useText()
  const navigate = useNavigate()
  const [text, setText] = useState(q)
  return (
    <search>
      <form
        onSubmit={event => {
          event.preventDefault()
          void navigate({ to: '/find', search: text.trim() === '' ? {} : { q: text.trim() } })
        }}
      >
        <label htmlFor="find-what">{find.label}</label>
        <Flex gap="small" wrap>
          <Input.TextArea
            id="find-what"
            value={text}
            onChange={event => setText(event.target.value)}
            onKeyDown={event => {
              if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
              event.preventDefault()
              event.currentTarget.form?.requestSubmit()
            }}
            placeholder={find.placeholder}
            autoSize={{ minRows: 1, maxRows: 6 }}
            spellCheck={false}
            autoComplete="off"
            style={{ flex: '1 1 220px' }}
          />
          <Button type="primary" htmlType="submit">
            {find.go}
          </Button>
        </Flex>
      </form>
    </search>
  )
}

function Found({ q }: { readonly q: string }) {
  const { find } = useText()
  const { session } = useSessions()
  const { index, hash, code, certificate, uscc } = readQuery(q)
  const isNothing = [index, hash, code, certificate, uscc].every(it => it === undefined)
  if (isNothing) return <Alert type="warning" showIcon title={find.none} />
  const cards = [
    index !== undefined && { kind: find.kinds.index, shown: <FoundIndex index={index} /> },
    hash !== undefined && { kind: find.kinds.hash, shown: <FoundHash key={hash} hash={hash} /> },
    code !== undefined && { kind: find.kinds.code, shown: <FoundCode code={code} /> },
    certificate !== undefined && {
      kind: find.kinds.certificate,
      shown: session ? <FoundCertificate by={certificate} /> : find.signInFirst,
    },
    uscc !== undefined && {
      kind: find.kinds.organization,
      shown: session ? <FoundOrganization uscc={uscc} /> : find.signInFirst,
    },
  ].filter(it => it !== false)
  return (
    <Flex vertical gap="middle" role="status">
      {cards.map(({ kind, shown }) => (
        <Card key={kind} title={kind} size="small">
          {shown}
        </Card>
      ))}
    </Flex>
  )
}
