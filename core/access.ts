/** What an organization may be here. One organization may have several roles. */
export const roles = [
  'distributor',
  'hospital',
  'bank',
  'auditor',
  'manufacturer',
  'carrier',
  'spd',
  'operator',
  'registry',
] as const
export type Role = (typeof roles)[number]

/** How a caller stands to a record. Row security in PostgreSQL enforces the first two; releases the third. */
export type Relation = 'submitter' | 'counterparty' | 'authorized' | 'anyone'

type Row = Partial<Record<Role | 'public', readonly Relation[]>>

/**
 * The one table that decides who may use which surface, and on whose records. A route names its row; a role that is not
 * in the row is refused before its handler runs, and the handler reads as far as the relations go.
 */
export const access = {
  public: { public: ['anyone'] },
  'organizations:read': anyoneSignedIn(['anyone']),
  'organizations:write': { operator: ['anyone'] },
  'certificates:issue': { operator: ['anyone'] },
  'certificates:own': anyoneSignedIn(['submitter']),
  'keys:enrol': anyoneSignedIn(['submitter']),
  'keys:read': anyoneSignedIn(['submitter', 'counterparty']),
  'identifiers:allocate': { operator: ['anyone'] },
  'identifiers:write': {
    distributor: ['submitter'],
    manufacturer: ['submitter'],
    hospital: ['submitter'],
    spd: ['submitter'],
    carrier: ['submitter'],
  },
  'identifiers:read': anyoneSignedIn(['submitter']),
  // Public values to anyone signed in, listed ones under a grant: row security decides.
  'code-values:read': anyoneSignedIn(['anyone']),
  'events:capture': {
    distributor: ['submitter'],
    manufacturer: ['submitter'],
    hospital: ['submitter'],
    spd: ['submitter'],
    carrier: ['submitter'],
  },
  'events:read': {
    distributor: ['submitter', 'counterparty'],
    manufacturer: ['submitter', 'counterparty'],
    hospital: ['submitter', 'counterparty'],
    spd: ['submitter', 'counterparty'],
    carrier: ['submitter', 'counterparty'],
  },
  'documents:write': { distributor: ['submitter'], hospital: ['submitter'], bank: ['submitter'] },
  'documents:read': {
    distributor: ['submitter', 'counterparty'],
    hospital: ['submitter', 'counterparty'],
    bank: ['submitter'],
  },
  'questions:ask': { distributor: ['submitter'] },
  'questions:read': { distributor: ['submitter'], hospital: ['counterparty'] },
  'confirmations:write': { hospital: ['submitter'] },
  'confirmations:read': { distributor: ['counterparty'], hospital: ['submitter'] },
  'authorizations:write': { distributor: ['submitter'] },
  'authorizations:countersign': { bank: ['counterparty'] },
  'authorizations:revoke': { distributor: ['submitter'], bank: ['counterparty'] },
  'authorizations:read': { distributor: ['submitter'], bank: ['counterparty'], hospital: ['counterparty'] },
  'releases:pull': { bank: ['authorized'] },
  'releases:read': { distributor: ['submitter'], hospital: ['counterparty'], bank: ['counterparty'] },
  'pushes:ask': { distributor: ['submitter'] },
  'pushes:take': { bank: ['submitter'] },
  'statements:read': anyoneSignedIn(['submitter']),
  'statements:write': { distributor: ['submitter'], hospital: ['submitter'], bank: ['submitter'] },
  'applications:write': { distributor: ['submitter'] },
  'applications:read': { distributor: ['submitter'], bank: ['counterparty'] },
  'applications:decide': { bank: ['counterparty'] },
  'reports:make': { bank: ['authorized'] },
  'reports:read': { bank: ['authorized'] },
  'policies:write': { bank: ['submitter'] },
  'policies:read': { bank: ['submitter'] },
  'alerts:read': { bank: ['submitter'] },
  'alerts:acknowledge': { bank: ['submitter'] },
  'financings:mark': { bank: ['submitter'] },
  'financings:read': { bank: ['submitter'], distributor: ['counterparty'] },
  'erasures:write': {
    distributor: ['submitter'],
    manufacturer: ['submitter'],
    hospital: ['submitter'],
    spd: ['submitter'],
    carrier: ['submitter'],
    bank: ['submitter'],
    operator: ['anyone'],
  },
  'erasures:read': anyoneSignedIn(['submitter', 'counterparty']),
  'records:read': anyoneSignedIn(['submitter', 'counterparty']),
  'operations:read': { operator: ['anyone'] },
  'operations:write': { operator: ['anyone'] },
} as const satisfies Record<string, Row>

export type Surface = keyof typeof access

/** The relations on which this caller may use the surface; empty means refused. */
export const relations = (surface: Surface, callerRoles: readonly Role[]): readonly Relation[] => {
  const row: Row = access[surface]
  return [...new Set([...(row.public ?? []), ...callerRoles.flatMap(role => row[role] ?? [])])]
}

function anyoneSignedIn(of: readonly Relation[]): Row {
  return Object.fromEntries(roles.map(role => [role, of]))
}
