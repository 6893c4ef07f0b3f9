/**
 * Every kind of act has its own JWS `typ` (RFC 8725 §3.11): a signature over one act must never be
 * shown as another's, whatever the two payloads have in common. No verifier takes a `typ` as a parameter
 * from outside; it names the row it expects.
 */
export const typ = {
  document: 'tallystick.document+sd-jwt',
  capture: 'tallystick.capture+jws',
  telemetry: 'tallystick.telemetry+jws',
  authorization: 'tallystick.authorization+jws',
  authorizationRevocation: 'tallystick.authorization-revocation+jws',
  question: 'tallystick.question+jws',
  confirmation: 'tallystick.confirmation+jws',
  application: 'tallystick.application+jws',
  decision: 'tallystick.decision+jws',
  financingConsent: 'tallystick.financing-consent+jws',
  financingMark: 'tallystick.financing-mark+jws',
  financingRelease: 'tallystick.financing-release+jws',
  /** By the registry's node: a mark that was not financed in time has ended. */
  financingExpiry: 'tallystick.financing-expiry+jws',
  registryStatement: 'tallystick.registry-statement+jws',
  /** What an organization lets one of its clerks sign for it, its end, and a second clerk's word on one act. */
  mandate: 'tallystick.mandate+jws',
  mandateRevocation: 'tallystick.mandate-revocation+jws',
  approval: 'tallystick.approval+jws',
  keyEndorsement: 'tallystick.key-endorsement+jws',
  statusHead: 'tallystick.status-head+jws',
  statusObservation: 'tallystick.status-observation+jws',
  logReceipt: 'tallystick.log-receipt+jws',
  resolution: 'tallystick.resolution+jws',
  handleSignature: 'tallystick.handle-signature+jws',
  releaseReceipt: 'tallystick.release-receipt+jws',
  push: 'tallystick.push+jws',
  pushDestination: 'tallystick.push-destination+jws',
  pushReceipt: 'tallystick.push-receipt+jws',
  alert: 'tallystick.alert+jws',
  tombstone: 'tallystick.tombstone+jws',
  policy: 'tallystick.policy+jws',
  report: 'tallystick.report+jws',
  bundleSeal: 'tallystick.bundle-seal+jws',
} as const satisfies Record<string, `tallystick.${string}+${'jws' | 'sd-jwt'}`>

/** Client authentication (RFC 7523) is a plain JWT and has no row: its `typ` is `JWT` or absent, so no act verifies as one. */
export type Typ = (typeof typ)[keyof typeof typ]
