import * as capture from '../capture/contract.ts'
import * as query from '../capture/query/contract.ts'
import * as sequences from '../capture/sequence-contract.ts'
import * as subscriptions from '../capture/subscriptions/contract.ts'
import * as telemetry from '../capture/telemetry/contract.ts'
import * as certs from '../certs/contract.ts'
import * as endorsedKeys from '../certs/endorsed-keys/contract.ts'
import * as evidence from '../certs/evidence/contract.ts'
import * as certificateSearch from '../certs/find/contract.ts'
import * as invitations from '../certs/invitations/contract.ts'
import * as mandates from '../certs/mandates/contract.ts'
import * as oversight from '../certs/oversight/contract.ts'
import * as renewal from '../certs/renewal/contract.ts'
import type { Contract } from '../core/contract.ts'
import * as authorizations from '../exchange/authorizations/contract.ts'
import * as peers from '../exchange/peers/contract.ts'
import * as pushes from '../exchange/pushes/contract.ts'
import * as releases from '../exchange/releases/contract.ts'
import * as ledger from '../ledger/contract.ts'
import * as erasure from '../ledger/erasure/contract.ts'
import * as logSearch from '../ledger/find/contract.ts'
import * as statements from '../ledger/statements/contract.ts'
import * as witness from '../ledger/witness/contract.ts'
import * as applications from '../receivables/applications/contract.ts'
import * as confirmations from '../receivables/confirmations/contract.ts'
import * as documents from '../receivables/documents/contract.ts'
import * as financings from '../receivables/financings/contract.ts'
import * as portfolio from '../receivables/portfolio/contract.ts'
import * as progress from '../receivables/progress/contract.ts'
import * as reports from '../receivables/reports/contract.ts'
import * as watch from '../receivables/watch/contract.ts'
import * as codes from '../resolver/contract.ts'
import * as labels from '../resolver/labels/contract.ts'
import * as mint from '../resolver/mint/contract.ts'
import * as standing from '../resolver/standing/contract.ts'
import * as values from '../resolver/values/contract.ts'
import * as auth from './auth/contract.ts'
import * as node from './node-contract.ts'
import * as description from './openapi-contract.ts'

const isContract = (value: unknown): value is Contract =>
  typeof value === 'object' && value !== null && 'operation' in value && 'surface' in value

/** Every contract there is, in the order of the API's description, whatever a node of this kind serves of it. */
export const contracts: readonly Contract[] = [
  ...[
    node,
    auth,
    certs,
    endorsedKeys,
    certificateSearch,
    evidence,
    invitations,
    renewal,
    mandates,
    oversight,
    codes,
    mint,
    standing,
    values,
    labels,
    capture,
    sequences,
    query,
    subscriptions,
    telemetry,
    ledger,
    logSearch,
    erasure,
    witness,
  ],
  ...[statements, documents, progress, confirmations],
  ...[authorizations, releases, pushes, applications, reports, financings, watch, portfolio, peers, description],
].flatMap(module => Object.values(module).flat().filter(isContract))
