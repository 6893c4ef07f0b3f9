import type { Role } from '../../core/access.ts'
import type { Text } from './text/zh.ts'

/** Pages by role, in the order of the work. An organization of several roles has them all. */
export const menu = [
  { to: '/pending', label: 'pending', roles: ['hospital'] },
  { to: '/scan', label: 'scan', roles: ['distributor', 'hospital', 'spd'] },
  { to: '/shipments', label: 'shipments', roles: ['distributor', 'hospital'] },
  { to: '/invoices', label: 'invoices', roles: ['distributor'] },
  { to: '/authorizations', label: 'authorizations', roles: ['distributor', 'bank'] },
  { to: '/applications', label: 'applications', roles: ['distributor', 'bank'] },
  { to: '/financings', label: 'financings', roles: ['distributor', 'bank'] },
  { to: '/portfolio', label: 'portfolio', roles: ['bank'] },
  { to: '/alerts', label: 'alerts', roles: ['bank'] },
  { to: '/policy', label: 'policy', roles: ['bank'] },
  { to: '/pushes', label: 'pushes', roles: ['bank'] },
  { to: '/mandates', label: 'mandates', roles: ['bank', 'distributor', 'hospital'] },
  { to: '/releases', label: 'releases', roles: ['distributor', 'bank', 'hospital'] },
  { to: '/documents', label: 'documents', roles: ['distributor', 'hospital'] },
  { to: '/organizations', label: 'organizations', roles: ['operator'] },
  { to: '/operations', label: 'operations', roles: ['operator'] },
  { to: '/find', label: 'find', roles: undefined },
  { to: '/log', label: 'log', roles: ['operator', 'auditor'] },
] as const satisfies readonly {
  to: string
  label: keyof Text['menu']
  roles: readonly Role[] | undefined
}[]

export const menuOf = (roles: readonly Role[]) =>
  menu.filter(it => it.roles === undefined || it.roles.some(role => roles.includes(role)))

/** Where somebody begins: a bank's day with applications, anybody else's with the first that the menu has. */
export const homeOf = (roles: readonly Role[]): (typeof menu)[number]['to'] =>
  roles.includes('bank') ? '/applications' : (menuOf(roles)[0]?.to ?? '/log')
