import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { App, ConfigProvider } from 'antd'
import enUS from 'antd/locale/en_US'
import zhCN from 'antd/locale/zh_CN'
import { Refusal } from '../../core/errors.ts'
import { router } from './router.tsx'
import { Queued } from './scan/queue.tsx'
import { Sessions } from './session/session.tsx'
import { Speaking, useSpoken } from './text/text.tsx'

const queries = new QueryClient({
  defaultOptions: {
    // Signing, opening a key and checking a bundle need no network; what does says so itself.
    mutations: { networkMode: 'always' },
    queries: {
      staleTime: 15_000,
      // A refusal stays one; what the network lost may come the second time.
      retry: (count, error) => count < 2 && !(error instanceof Refusal && error.status < 500),
    },
  },
})

const antLocales = { 'zh-CN': zhCN, en: enUS } as const

const theme = {
  token: {
    colorPrimary: '#14506b',
    colorLink: '#14506b',
    colorError: '#b3261e',
    colorTextSecondary: '#55636c',
    colorTextDescription: '#55636c',
    colorTextPlaceholder: '#66747d',
    borderRadius: 6,
    motion: !window.matchMedia('(prefers-reduced-motion: reduce)').matches,
    fontFamily:
      '-apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", Roboto, sans-serif',
  },
  components: {
    Layout: { siderBg: '#fff', bodyBg: '#f4f6f8' },
    Descriptions: { labelColor: '#55636c' },
    Table: { rowSelectedBg: '#e3edf2', rowSelectedHoverBg: '#d5e4eb' },
    Menu: { itemSelectedBg: '#e3edf2', itemSelectedColor: '#0e3f56', itemActiveBg: '#d5e4eb' },
  },
} as const

export function Console() {
  return (
    <Speaking>
      <Styled />
    </Speaking>
  )
}

function Styled() {
  const { language } = useSpoken()
  return (
    <ConfigProvider locale={antLocales[language]} theme={theme} button={{ autoInsertSpace: false }}>
      <App component={false}>
        <QueryClientProvider client={queries}>
          <Sessions>
            <Queued>
              <RouterProvider router={router} />
            </Queued>
          </Sessions>
        </QueryClientProvider>
      </App>
    </ConfigProvider>
  )
}
