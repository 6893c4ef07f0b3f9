import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router'
import { Button, Layout, Menu, Space, Typography } from 'antd'
import { getNode } from '../../api/node-contract.ts'
import { call } from './api/call.ts'
import { menuOf } from './menu.ts'
import { CertificateEnd } from './parts/certificate-end.tsx'
import { OpenAlerts } from './parts/open-alerts.tsx'
import { QueueMark } from './parts/queue-mark.tsx'
import { VerifierLink } from './parts/verifier-link.tsx'
import { usePreloaded } from './preload.ts'
import { useSessions } from './session/session.tsx'
import { useSpoken } from './text/text.tsx'

const useNode = () =>
  useQuery({ queryKey: ['getNode'], queryFn: () => call(undefined, getNode, {}), staleTime: 300_000 })

/** What is around every page: whose node this is, who works here, the way to the other pages. */
export function Frame() {
  const { t, language, speak } = useSpoken()
  const { session, leave } = useSessions()
  const node = useNode()
  usePreloaded()
  const navigate = useNavigate()
  const path = useRouterState({ select: state => state.location.pathname })
  const pages = menuOf(session?.roles ?? []).map(({ to, label }) => ({
    key: to,
    label: <Link to={to}>{t.menu[label]}</Link>,
    extra: to === '/alerts' && <OpenAlerts />,
  }))
  const items = [...pages, { key: 'verify', label: <VerifierLink>{t.menu.verify}</VerifierLink> }]
  const selected = items.map(item => item.key).filter(key => path.startsWith(key))
  return (
    <Layout style={{ minHeight: '100%' }}>
      <a className="skip" href="#content">
        {t.skipToContent}
      </a>
      {session && (
        <Layout.Sider width={232} breakpoint="lg" collapsedWidth={0} theme="light">
          <Brand />
          <nav aria-label={t.menu.label}>
            <Menu mode="inline" items={items} selectedKeys={selected} style={{ borderInlineEnd: 0 }} />
          </nav>
        </Layout.Sider>
      )}
      <Layout>
        {node.data?.production === false && (
          <div className="demonstration" role="note">
            <strong>演示 Demonstration</strong>
            {t.demonstration}
          </div>
        )}
        <header className="bar">
          {session ? (
            <div className="who">
              <Typography.Text strong>{session.identity.name}</Typography.Text>
              <br />
              <small>
                {session.roles.map(role => t.roles[role]).join(' · ')} · {t.signIn.validUntil}{' '}
                <CertificateEnd at={session.identity.notAfter} />
              </small>
            </div>
          ) : (
            <>
              <Brand />
              <nav aria-label={t.menu.label} className="public-nav">
                <Link to="/find">{t.menu.find}</Link>
                <Link to="/log">{t.menu.log}</Link>
                <VerifierLink>{t.menu.verify}</VerifierLink>
                <Link to="/">{t.find.signIn}</Link>
              </nav>
            </>
          )}
          <Space wrap>
            {session && <QueueMark />}
            <Typography.Text type="secondary" className="operator">
              {node.data?.operator?.name ?? node.data?.name}
            </Typography.Text>
            <Button lang={language === 'en' ? 'zh-CN' : 'en'} onClick={() => speak(language === 'en' ? 'zh-CN' : 'en')}>
              {t.otherLanguage}
            </Button>
            {session && (
              <Button
                onClick={() => {
                  leave()
                  void navigate({ to: '/' })
                }}
              >
                {t.signIn.signOut}
              </Button>
            )}
          </Space>
        </header>
        <main className="content" id="content" tabIndex={-1}>
          <Outlet />
        </main>
      </Layout>
    </Layout>
  )
}

function Brand() {
  const { t } = useSpoken()
  return (
    <div className="brand">
      <img src={`${import.meta.env.BASE_URL}favicon.svg`} alt="" />
      <div>
        {t.product}
        <small>{t.productLine}</small>
      </div>
    </div>
  )
}
