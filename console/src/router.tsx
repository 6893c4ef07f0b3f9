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
import { AlertsPage } from './pages/alerts.tsx'
import { ApplicationPage } from './pages/application.tsx'
import { ApplicationsPage } from './pages/applications.tsx'
import { ApplyPage } from './pages/apply.tsx'
import { AuthorizationPage } from './pages/authorization.tsx'
import { AuthorizationsPage } from './pages/authorizations.tsx'
import { AuthorizePage } from './pages/authorize.tsx'
import { DocumentPage } from './pages/document.tsx'
import { DocumentsPage } from './pages/documents.tsx'
import { FinancingsPage } from './pages/financings.tsx'
import { InvoicesPage } from './pages/invoices.tsx'
import { NotFoundPage } from './pages/not-found.tsx'
import { OrganizationsPage } from './pages/organizations.tsx'
import { PendingPage } from './pages/pending.tsx'
import { PendingInvoicePage } from './pages/pending-invoice.tsx'
import { ReleasesPage } from './pages/releases.tsx'
import { ShipmentsPage } from './pages/shipments.tsx'
import { SignInPage } from './pages/sign-in.tsx'
import { useSession, useSessions } from './session/session.tsx'

/** Pages behind the sign-in: whoever is not signed in does so in place, and stays at the address. */
function Guarded() {
  const { session } = useSessions()
  return session ? <Outlet /> : <SignInPage />
}

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
    lazyRouteComponent(() => import('./pages/find.tsx'), 'FindPage'),
    'q',
  ),
  open(
    '/entry/$index',
    lazyRouteComponent(() => import('./pages/entry.tsx'), 'EntryPage'),
    'size',
  ),
  open(
    '/consistency',
    lazyRouteComponent(() => import('./pages/consistency.tsx'), 'ConsistencyPage'),
    'old',
    'size',
  ),
  open(
    '/join',
    lazyRouteComponent(() => import('./pages/join.tsx'), 'JoinPage'),
  ),
  open(
    '/log',
    lazyRouteComponent(() => import('./pages/log.tsx'), 'LogPage'),
  ),
  guarded.addChildren([
    home,
    page('/pending', PendingPage),
    page('/pending/$id', PendingInvoicePage),
    withCode(
      '/scan',
      lazyRouteComponent(() => import('./pages/scan.tsx'), 'ScanPage'),
    ),
    page('/shipments', ShipmentsPage),
    page('/invoices', InvoicesPage),
    withCode(
      '/invoice',
      lazyRouteComponent(() => import('./pages/invoice.tsx'), 'InvoicePage'),
    ),
    page('/authorizations', AuthorizationsPage),
    forApplication('/authorizations/new', AuthorizePage),
    page('/authorizations/$id', AuthorizationPage),
    page('/applications', ApplicationsPage),
    withCode('/applications/new', ApplyPage),
    withReport('/applications/$id', ApplicationPage),
    page('/financings', FinancingsPage),
    page('/alerts', AlertsPage),
    page(
      '/portfolio',
      lazyRouteComponent(() => import('./pages/portfolio.tsx'), 'PortfolioPage'),
    ),
    page(
      '/policy',
      lazyRouteComponent(() => import('./pages/policy.tsx'), 'PolicyPage'),
    ),
    page('/releases', ReleasesPage),
    page('/documents', DocumentsPage),
    withCode('/document', DocumentPage),
    page('/organizations', OrganizationsPage),
    page(
      '/operations',
      lazyRouteComponent(() => import('./pages/operations.tsx'), 'OperationsPage'),
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
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
