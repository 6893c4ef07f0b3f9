import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Alert, Button, Card, Descriptions, Flex, Form, Input, Typography } from 'antd'
import { useRef, useState } from 'react'
import { readInvitation } from '../../../certs/invitations/contract.ts'
import { call } from '../api/call.ts'
import { saveFile } from '../format/save.ts'
import { useExplain } from '../parts/failure.tsx'
import { Loaded } from '../parts/page.tsx'
import { When } from '../parts/values.tsx'
import type { Made } from '../session/join.ts'
import { useText } from '../text/text.tsx'

const SHORTEST = 8

let taken = ''

/** The code stands behind #, which is sent to nobody, and does not stay in the address: the page may be drawn anew after that. */
const takeCode = (): string => {
  const code = window.location.hash.slice(1)
  if (code === '') return taken
  taken = code
  window.history.replaceState(window.history.state, '', window.location.pathname)
  return code
}

/** Where an invitation leads: a key is made in this page, certified, and kept by whoever was invited. */
export function JoinPage() {
  const { join: t } = useText()
  const [code] = useState(takeCode)
  const invitation = useQuery({
    queryKey: ['readInvitation', code],
    queryFn: () => call(undefined, readInvitation, { body: { code } }),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
    enabled: code !== '',
  })
  return (
    <div className="sign-in">
      <Flex vertical gap="middle">
        <div className="page-heading">
          <Typography.Title level={2}>{t.title}</Typography.Title>
          <Typography.Paragraph type="secondary">{t.lead}</Typography.Paragraph>
        </div>
        <Card>
          {code === '' ? (
            <Alert type="error" showIcon role="alert" title={t.noCode} />
          ) : (
            <Loaded from={invitation}>{it => <Accept code={code} invitation={it} />}</Loaded>
          )}
        </Card>
      </Flex>
    </div>
  )
}

type Invitation = {
  readonly uscc: string
  readonly name: string
  readonly roles: readonly (keyof ReturnType<typeof useText>['roles'])[]
  readonly expiresAt: string
}

function Accept({ code, invitation }: { readonly code: string; readonly invitation: Invitation }) {
  const text = useText()
  const t = text.join
  const explain = useExplain()
  const [password, setPassword] = useState('')
  const [again, setAgain] = useState('')
  const made = useRef<Made>(undefined)
  const joining = useMutation({
    mutationFn: async () => {
      // Large, and only this moment needs it.
      const { join, makeKey } = await import('../session/join.ts')
      made.current ??= await makeKey(invitation.name)
      const { file } = await join(code, made.current, password)
      saveFile(`${invitation.uscc}.p12`, file, 'application/x-pkcs12')
      return file
    },
  })
  const trouble = [
    password !== '' && password.length < SHORTEST && t.short(SHORTEST),
    /[^\x20-\x7e]/.test(password) && t.ascii,
    again !== '' && again !== password && t.differ,
  ].find(it => it !== false)
  const ready = password.length >= SHORTEST && trouble === undefined && again === password
  const failed = joining.error ? explain(joining.error) : undefined
  return (
    <Flex vertical gap="middle">
      <Descriptions
        column={1}
        size="small"
        title={t.for}
        items={[
          { key: 'name', label: text.organizations.name, children: <strong>{invitation.name}</strong> },
          { key: 'uscc', label: text.signIn.uscc, children: <span className="code">{invitation.uscc}</span> },
          {
            key: 'roles',
            label: text.organizations.roles,
            children: invitation.roles.map(role => text.roles[role]).join(' · '),
          },
          { key: 'until', label: t.until, children: <When at={invitation.expiresAt} /> },
        ]}
      />
      {joining.data ? (
        <>
          <Alert type="success" showIcon role="status" title={t.done} description={t.keep} />
          <Flex gap="small" wrap>
            <Link to="/">
              <Button type="primary">{t.signIn}</Button>
            </Link>
            <Button onClick={() => saveFile(`${invitation.uscc}.p12`, joining.data, 'application/x-pkcs12')}>
              {t.saveAgain}
            </Button>
          </Flex>
        </>
      ) : (
        <Form layout="vertical" onFinish={() => ready && joining.mutate()}>
          <Flex vertical gap="middle">
            <Alert type="info" showIcon title={t.own} />
            <Form.Item
              label={t.password}
              htmlFor="join-password"
              style={{ margin: 0 }}
              {...(trouble ? { help: trouble, validateStatus: 'error' } : {})}
            >
              <Input.Password
                id="join-password"
                value={password}
                autoComplete="new-password"
                onChange={event => setPassword(event.target.value)}
              />
            </Form.Item>
            <Form.Item label={t.again} htmlFor="join-again" style={{ margin: 0 }}>
              <Input.Password
                id="join-again"
                value={again}
                autoComplete="new-password"
                onChange={event => setAgain(event.target.value)}
              />
            </Form.Item>
            {failed && <Alert type="error" showIcon role="alert" title={failed.title} description={failed.detail} />}
            <Button type="primary" htmlType="submit" disabled={!ready} loading={joining.isPending}>
              {t.make}
            </Button>
          </Flex>
        </Form>
      )}
    </Flex>
  )
}
