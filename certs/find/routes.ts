import { type Route, route } from '../../core/contract.ts'
import type { Db } from '../../db/database.ts'
import { readCertificates } from '../store.ts'
import { findCertificates } from './contract.ts'

/** Whose a certificate is, from when to when, and whether it still stands. */
export const certificateRoutes = ({ db }: { readonly db: Db }): readonly Route[] => [
  route(findCertificates, async ({ query: { thumbprint, serial } }) => {
    const rows = await readCertificates(db, thumbprint === undefined ? { serial: serial ?? '' } : { thumbprint })
    const items = rows.map(it => ({
      ...{ thumbprint: it.thumbprint, serial: it.serial, uscc: it.uscc },
      notBefore: it.notBefore.toISOString(),
      notAfter: it.notAfter.toISOString(),
      revokedAt: it.revokedAt?.toISOString() ?? null,
    }))
    return { body: { items } }
  }),
]
