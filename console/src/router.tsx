import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Navigate,
  Outlet,
  parseSearchWith,
  type RouteComponent,
  stringifySearchWith,
} from '@tanstack/react-router'
import { Frame } from './frame.tsx'
import { homeOf } from './menu.ts'
import { NotFoundPage } from './pages/not-found.tsx'
import { SignInPage } from './pages/sign-in.tsx'
import { Failure } from './parts/failure.tsx'
import { useSession, useSessions } from './session/session.tsx'

/** Pages behind the sign-in: whoever is not signed in does so in place, and stays at the address. */
function Guarded() {
  const { session } = useSessions()
  return session ? <Outlet /> : <SignInPage />
}

/**
 * A page that comes with the first visit to it. What can't be fetched for want of a network is told in place: to load all
 * anew, as the router would, would lose the session.
 */
const lazily = <const Name extends string>(
  load: () => Promise<{ readonly [name in Name]: RouteComponent }>,
  name: Name,
) =>
  lazyRouteComponent(async () => {
    try {
      return await load()
    } catch (cause) {
      if (navigator.onLine) throw cause
      throw new TypeError('a page was not fetched before the network went', { cause })
    }
  }, name)

const root = createRootRoute({ component: Frame, notFoundComponent: NotFoundPage })
const guarded = createRoute({ getParentRoute: () => root, id: 'guarded', component: Guarded })
const home = createRoute({
  getParentRoute: () => guarded,
  path: '/',
  component: () => <Navigate to={homeOf(useSession().roles)} replace />,
})

const page = <const Path extends string>(path: Path, component: RouteComponent) =>
  createRoute({ getParentRoute: () => guarded, path, component })

/** Codes are addresses themselves, and go into the query. */
const withCode = <const Path extends string>(path: Path, component: RouteComponent) =>
  createRoute({
    getParentRoute: () => guarded,
    path,
    component,
    validateSearch: (search: Record<string, unknown>): { code?: string } =>
      typeof search.code === 'string' ? { code: search.code } : {},
  })

/** The application that it is about, where it is about one. */
const forApplication = <const Path extends string>(path: Path, component: RouteComponent) =>
  createRoute({
    getParentRoute: () => guarded,
    path,
    component,
    validateSearch: (search: Record<string, unknown>): { application?: string } =>
      typeof search.application === 'string' ? { application: search.application } : {},
  })

/** The report that is to be shown, where it isn't the newest. */
const withReport = <const Path extends string>(path: Path, component: RouteComponent) =>
  createRoute({
    getParentRoute: () => guarded,
    path,
    component,
    validateSearch: (search: Record<string, unknown>): { report?: string } =>
      typeof search.report === 'string' ? { report: search.report } : {},
  })

/** For anybody, signed in or not: what is public needs no certificate. */
const open = <const Path extends string, const Name extends string>(
  path: Path,
  component: RouteComponent,
  ...names: readonly Name[]
) =>
  createRoute({
    getParentRoute: () => root,
    path,
    component,
    validateSearch: (search: Record<string, unknown>): { readonly [name in Name]?: string } =>
      Object.fromEntries(
        names.flatMap(name => (['string', 'number'].includes(typeof search[name]) ? [[name, `${search[name]}`]] : [])),
      ) as { readonly [name in Name]?: string },
  })

const routeTree = root.addChildren([
  open(
    '/find',
    lazily(() => import('./pages/find.tsx'), 'FindPage'),
    'q',
  ),
  open(
    '/entry/$index',
    lazily(() => import('./pages/entry.tsx'), 'EntryPage'),
    'size',
  ),
  open(
    '/consistency',
    lazily(() => import('./pages/consistency.tsx'), 'ConsistencyPage'),
    'old',
    'size',
  ),
  open(
    '/join',
    lazily(() => import('./pages/join.tsx'), 'JoinPage'),
  ),
  open(
    '/log',
    lazily(() => import('./pages/log.tsx'), 'LogPage'),
  ),
  guarded.addChildren([
    home,
    page(
      '/pending',
      lazily(() => import('./pages/pending.tsx'), 'PendingPage'),
    ),
    page(
      '/pending/$id',
      lazily(() => import('./pages/pending-invoice.tsx'), 'PendingInvoicePage'),
    ),
    withCode(
      '/scan',
      lazily(() => import('./pages/scan.tsx'), 'ScanPage'),
    ),
    page(
      '/shipments',
      lazily(() => import('./pages/shipments.tsx'), 'ShipmentsPage'),
    ),
    page(
      '/invoices',
      lazily(() => import('./pages/invoices.tsx'), 'InvoicesPage'),
    ),
    withCode(
      '/invoice',
      lazily(() => import('./pages/invoice.tsx'), 'InvoicePage'),
    ),
    page(
      '/authorizations',
      lazily(() => import('./pages/authorizations.tsx'), 'AuthorizationsPage'),
    ),
    forApplication(
      '/authorizations/new',
      lazily(() => import('./pages/authorize.tsx'), 'AuthorizePage'),
    ),
    page(
      '/authorizations/$id',
      lazily(() => import('./pages/authorization.tsx'), 'AuthorizationPage'),
    ),
    page(
      '/applications',
      lazily(() => import('./pages/applications.tsx'), 'ApplicationsPage'),
    ),
    withCode(
      '/applications/new',
      lazily(() => import('./pages/apply.tsx'), 'ApplyPage'),
    ),
    withReport(
      '/applications/$id',
      lazily(() => import('./pages/application.tsx'), 'ApplicationPage'),
    ),
    page(
      '/financings',
      lazily(() => import('./pages/financings.tsx'), 'FinancingsPage'),
    ),
    page(
      '/alerts',
      lazily(() => import('./pages/alerts.tsx'), 'AlertsPage'),
    ),
    page(
      '/portfolio',
      lazily(() => import('./pages/portfolio.tsx'), 'PortfolioPage'),
    ),
    page(
      '/policy',
      lazily(() => import('./pages/policy.tsx'), 'PolicyPage'),
    ),
    page(
      '/pushes',
      lazily(() => import('./pages/pushes.tsx'), 'PushesPage'),
    ),
    page(
      '/mandates',
      lazily(() => import('./pages/mandates.tsx'), 'MandatesPage'),
    ),
    page(
      '/releases',
      lazily(() => import('./pages/releases.tsx'), 'ReleasesPage'),
    ),
    page(
      '/documents',
      lazily(() => import('./pages/documents.tsx'), 'DocumentsPage'),
    ),
    withCode(
      '/document',
      lazily(() => import('./pages/document.tsx'), 'DocumentPage'),
    ),
    page(
      '/organizations',
      lazily(() => import('./pages/organizations.tsx'), 'OrganizationsPage'),
    ),
    page(
      '/operations',
      lazily(() => import('./pages/operations.tsx'), 'OperationsPage'),
    ),
  ]),
])

export const router = createRouter({
  routeTree,
  basepath: '/console',
  trailingSlash: 'never',
  // What is asked for is text: a code or a hash that is all digits must not become a number on its way.
  parseSearch: parseSearchWith(text => text),
  stringifySearch: stringifySearchWith(String),
  defaultErrorComponent: ({ error, reset }) => (
    <Failure
      error={error}
      retry={() => {
        reset()
        void router.invalidate()
      }}
    />
  ),
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
