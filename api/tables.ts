import type { JWK } from 'jose'
import { erasablePacks, erasedIds, erasedPacks } from '../capture/erasable.ts'
import { captureProjections, signedCaptures } from '../capture/projection.ts'
import { telemetryPacks, telemetryReadings } from '../capture/telemetry/projection.ts'
import { mandateProjection } from '../certs/mandates/projection.ts'
import { keyProjection, registrations, selfNamed } from '../certs/projection.ts'
import type { Tables } from '../db/projection.ts'
import { exchangeProjections, legalMoves } from '../exchange/projection.ts'
import { pushProjections } from '../exchange/pushes/projection.ts'
import { erasureProjection } from '../ledger/erasure/projection.ts'
import { carriedStatements } from '../ledger/statements/carried.ts'
import { numberedStatements } from '../ledger/statements/projection.ts'
import { statementConflicts, statusHeads } from '../ledger/statements/published.ts'
import { applicationProjections, applicationStanding } from '../receivables/applications/projection.ts'
import { confirmationProjections } from '../receivables/confirmations/projection.ts'
import { documentProjections } from '../receivables/documents/projection.ts'
import type { FingerprintKey } from '../receivables/financings/fingerprint.ts'
import { financingProjections, financingTimes } from '../receivables/financings/projection.ts'
import { reportProjections } from '../receivables/reports/projection.ts'
import { alertProjection } from '../receivables/watch/projection.ts'
import { codeHistory, codeLives } from '../resolver/projection.ts'
import { codeValueSets, valueDigests } from '../resolver/values/projection.ts'
import { codeGrants } from '../resolver/values/projection-grants.ts'
import { codeTemplates } from '../resolver/values/projection-templates.ts'

/** Every table that follows from the log: what `fsck` compares and an erasure empties. */
export const tables = (keys: {
  /** Of the financing registry; empty where this node is none or the key is not at hand. */
  readonly fingerprints: readonly FingerprintKey[]
  /** Under which bundles are sealed. */
  readonly node: readonly JWK[]
}): Tables => ({
  projections: [
    ...documentProjections,
    ...captureProjections,
    keyProjection,
    mandateProjection,
    ...confirmationProjections,
    ...exchangeProjections,
    ...pushProjections,
    ...applicationProjections,
    ...reportProjections(keys.node),
    ...financingProjections(keys.fingerprints),
    alertProjection,
    erasureProjection,
    statusHeads,
  ],
  derived: [
    numberedStatements,
    statementConflicts,
    signedCaptures,
    telemetryPacks,
    telemetryReadings,
    erasedPacks,
    erasedIds,
    legalMoves,
    applicationStanding,
    financingTimes,
    codeLives,
    codeHistory,
    codeTemplates,
    codeValueSets,
    valueDigests,
    codeGrants,
    ...selfNamed,
  ],
  cited: [registrations, carriedStatements],
  erasable: erasablePacks,
})
