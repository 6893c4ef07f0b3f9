import { sql } from 'kysely'
import { sha256 } from '#sha256'
import type { Certificate } from '../core/x509/certificate.ts'
import { type Crl, parseCrl, readableCrls } from '../core/x509/crl.ts'
import type { Db, Tx } from '../db/database.ts'
import { joined } from '../db/joined.ts'
import { type Ask, askIn } from '../db/reader.ts'

export type RevocationLists = {
  /** Newest of each issuer and part first; the same array for as long as no list came in. */
  current(): Promise<readonly Crl[]>
  /** For an instant that has passed: of each issuer and part the list that was current then, and the newest. */
  asAt(at: Date): Promise<readonly Crl[]>
  /** Keeps a list, once. Throws X509Error on bytes that are none. Who signed it is asked when it is used. */
  add(der: Uint8Array): Promise<void>
}

/** Several of each issuer and part, so that a list in its name that it never signed doesn't take the place of its own. */
const NEWEST = 5

export const createRevocationLists = (db: Db, ask: Ask = askIn(db)): RevocationLists => {
  let held: { seq: bigint; crls: readonly Crl[] } = { seq: -1n, crls: [] }

  const current = joined<null, readonly Crl[]>(async keys => {
    const [newest] = await ask(sql<{ seq: bigint }>`select coalesce(max(seq), 0) as seq from revocation_lists`)
    const seq = newest?.seq ?? 0n
    if (seq !== held.seq) held = { seq, crls: await readNewest(db) }
    return keys.map(() => held.crls)
  })

  return {
    current: () => current(null),
    asAt: async at => readableCrls(await listsAsAt(db, at)),
    add: der => db.transaction().execute(tx => insertList(tx, parseCrl(der))),
  }
}

/** What a bundle needs: for each issuer and part the list that was current at an instant, and the newest there is. */
export const listsAsAt = async (tx: Db, at: Date): Promise<readonly Uint8Array[]> => {
  const { rows } = await sql<{ der: Buffer }>`
    select distinct on (issuer, part) der, seq from revocation_lists where this_update <= ${at.toISOString()}::timestamptz
      order by issuer, part, this_update desc, seq desc`.execute(tx)
  const newest = await sql<{ der: Buffer }>`
    select distinct on (issuer, part) der from revocation_lists order by issuer, part, this_update desc, seq desc`.execute(
    tx,
  )
  const unique = new Map([...rows, ...newest.rows].map(({ der }) => [der.toString('base64'), new Uint8Array(der)]))
  return [...unique.values()]
}

/** Newest list of one issuer, DER. */
export const newestListOf = async (db: Db, issuer: Certificate): Promise<Uint8Array | undefined> => {
  const { rows } = await sql<{ der: Buffer }>`
    select der from revocation_lists where issuer = ${Buffer.from(issuerDigest(issuer.subject.der))}
      order by this_update desc, seq desc limit 1`.execute(db)
  return rows[0] && new Uint8Array(rows[0].der)
}

export const insertList = async (tx: Tx, crl: Crl): Promise<void> => {
  await lockLists(tx)
  await sql`
    insert into revocation_lists (digest, issuer, part, number, this_update, next_update, der)
    values (${Buffer.from(sha256(crl.der))}, ${Buffer.from(issuerDigest(crl.issuer.der))},
      ${crl.part ? Buffer.from(sha256(crl.part)) : Buffer.alloc(0)}, ${BigInt(`0x${crl.number ?? '0'}`)},
      ${new Date(crl.thisUpdate).toISOString()}, ${new Date(crl.nextUpdate).toISOString()}, ${Buffer.from(crl.der)})
    on conflict (digest) do nothing`.execute(tx)
}

/** One writer at a time, until the end of the transaction. */
export const lockLists = (tx: Tx) => sql`lock table revocation_lists in share row exclusive mode`.execute(tx)

const readNewest = async (db: Db): Promise<readonly Crl[]> => {
  const { rows } = await sql<{ der: Buffer }>`
    select der from (
      select der, this_update, seq, row_number() over (partition by issuer, part order by this_update desc, seq desc) as place
      from revocation_lists) lists
    where place <= ${NEWEST} order by this_update desc, seq desc`.execute(db)
  return readableCrls(rows.map(({ der }) => new Uint8Array(der)))
}

const issuerDigest = (name: Uint8Array): Uint8Array => sha256(name)
