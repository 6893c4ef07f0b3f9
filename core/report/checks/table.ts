import type { CheckTable } from '../check.ts'
import { anchor } from './anchor.ts'
import { authz } from './authz.ts'
import { duplicate } from './duplicate.ts'
import { history } from './history.ts'
import { hospConfirm } from './hosp-confirm.ts'
import { identity } from './identity.ts'
import { invAuth } from './inv-auth.ts'
import { match3 } from './match3.ts'
import { encumbrance, invStatus, related } from './queries.ts'
import { scanChain } from './scan-chain.ts'
import { scanCover } from './scan-cover.ts'
import { scanGeo } from './scan-geo.ts'
import { scanTime } from './scan-time.ts'
import { term } from './term.ts'

export const checks: CheckTable = {
  IDENTITY: identity,
  AUTHZ: authz,
  INV_AUTH: invAuth,
  INV_STATUS: invStatus,
  MATCH3: match3,
  SCAN_COVER: scanCover,
  SCAN_CHAIN: scanChain,
  SCAN_TIME: scanTime,
  SCAN_GEO: scanGeo,
  HOSP_CONFIRM: hospConfirm,
  DUPLICATE: duplicate,
  ENCUMBRANCE: encumbrance,
  RELATED: related,
  HISTORY: history,
  TERM: term,
  ANCHOR: anchor,
}
