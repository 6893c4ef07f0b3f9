/** What the check of a node can find wrong. */
export const fsckFindings = {
  RECORD_GAP: 'an index below the size of the log has no record',
  RECORD_BEYOND: 'a record stands beyond the end of the log',
  RECORD_DIGEST: 'body and salt do not give the digest that was logged',
  RECORD_ORDER: 'a record says that it was logged before the one in front of it',
  RECORD_ENVELOPE: 'owner, parties, client key or time are not those that the record was logged with',
  TILE_WRONG: 'a tile is missing, too short, or has another hash than the records give',
  TILE_BEYOND: 'a tile stands beyond the end of the log',
  HEAD_WRONG: 'the head row is not that of the records',
  CHECKPOINT_BEYOND: 'a checkpoint covers more entries than the log has',
  CHECKPOINT_ROOT: 'a checkpoint has another root than the records give',
  CHECKPOINT_SIGNATURE: 'a checkpoint is not signed by a trusted key of this log, or says other than its row',
  COSIGNATURE_WRONG: 'a cosignature is not that of its witness over the checkpoint, or says another time than its row',
  WITNESSED_WRONG: 'a head of another log is not what its own note says',
  ANCHOR_ROOT: 'an anchor has another root than the log had at its size',
  ANCHOR_TRANSACTION: 'a stored transaction is not the one that its row says',
  ANCHOR_STATE: 'the columns of an anchor contradict its state',
  ANCHOR_PROOF: 'a kept proof of state does not lead from its block to a head of this log',
  ANCHOR_CHAIN: 'the chain says otherwise than the anchor',
  PROJECTION_UNREADABLE: 'a record can not be read as what its type says',
  PROJECTION_MISSING: 'a row that the record gives is missing',
  PROJECTION_EXTRA: 'a row follows from no record',
  PROJECTION_WRONG: 'a row says other than its record',
  ERASURE_UNLOGGED: 'a record is gone and no tombstone names it',
  ERASURE_UNDONE: 'a tombstone names a record that is still there',
} as const

export type FsckCode = keyof typeof fsckFindings

/** `at` is the place: an index, a size, a tile, or table and key. */
export type FsckFinding = { readonly code: FsckCode; readonly at: string; readonly detail: string }

/** Collects findings; a wrong early leaf would give one for every checkpoint, so there is a limit. */
export type Report = (code: FsckCode, at: string | bigint, detail?: string) => void

export const MOST_FINDINGS = 1000

export const collector = (): { readonly findings: FsckFinding[]; readonly report: Report } => {
  const findings: FsckFinding[] = []
  return {
    findings,
    report(code, at, detail = fsckFindings[code]) {
      if (findings.length < MOST_FINDINGS) findings.push({ code, at: `${at}`, detail })
    },
  }
}
