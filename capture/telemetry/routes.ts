import { base64url, fromUtf8 } from '../../core/bytes.ts'
import { captureSalt } from '../../core/capture.ts'
import { type Route, route } from '../../core/contract.ts'
import { Refusal } from '../../core/errors.ts'
import { createSequence } from '../../core/sequence.ts'
import { readingLeaves, readingPath } from '../../core/telemetry.ts'
import { asNode, asOrganization, type Tx } from '../../db/database.ts'
import { isErasedPack } from '../erasable.ts'
import { deviceFindings, listTelemetry, proveReading, takeTelemetry } from './contract.ts'
import type { TelemetryDeps } from './deps.ts'
import { canSee, listReadings, readSequence, readWhole } from './store.ts'
import { takePack } from './take.ts'

export const telemetryRoutes = (deps: TelemetryDeps): Route[] => [
  route(takeTelemetry, async ({ caller, request }) => {
    const { logged, count, entitled } = await takePack(deps, caller, {
      text: fromUtf8(request.raw),
      salt: request.header('Capture-Salt'),
      signature: request.header('Capture-Signature'),
      idempotencyKey: request.header('Idempotency-Key'),
    })
    const { index, digest, receipt, repeated } = logged
    return {
      headers: { Location: `/api/v1/telemetry?pack=${index}` },
      body: { index: `${index}`, digest: base64url(digest), receipt, repeated, count, entitled },
    }
  }),

  route(listTelemetry, async ({ query, caller }) => {
    const { pack, device, name, from, to, cursor, limit } = query
    const [afterPack, afterPosition] = cursor?.split('.') ?? []
    const after = afterPack && afterPosition ? { pack: BigInt(afterPack), position: Number(afterPosition) } : undefined
    const wanted = { ...{ device, name, from, to, after }, pack: pack === undefined ? undefined : BigInt(pack) }
    const rows = await asOrganization(deps.db, caller.uscc, async tx => {
      if (wanted.pack !== undefined) await mustNotBeErased(tx, wanted.pack)
      return listReadings(tx, wanted, limit + 1)
    })
    const page = rows.slice(0, limit)
    const last = rows.length > page.length ? page.at(-1) : undefined
    return {
      body: {
        readings: page.map(row => ({
          pack: `${row.pack}`,
          position: row.position,
          org: row.org,
          device: row.device,
          seq: row.seq === null ? null : `${row.seq}`,
          subject: row.code,
          entitled: row.reason === null,
          reason: row.reason,
          loggedAt: row.logged_at.toISOString(),
          reading: row.reading,
        })),
        next: last ? `${last.pack}.${last.position}` : null,
      },
    }
  }),

  route(proveReading, async ({ params, caller }) => {
    const [index, position] = [BigInt(params.index), Number(params.position)]
    const visible = await asOrganization(deps.db, caller.uscc, async tx => {
      await mustNotBeErased(tx, index)
      return canSee(tx, index, position)
    })
    const pack = visible ? await asNode(deps.db, tx => readWhole(tx, index)) : undefined
    const reading = pack?.readings[position]
    if (pack === undefined || reading === undefined) throw new Refusal('NOT_FOUND', 'There is no such reading')
    const leaves = readingLeaves(pack.seed, pack.readings)
    return {
      body: {
        version: 1 as const,
        ...{ position, reading },
        salt: base64url(captureSalt(pack.seed, position)),
        path: readingPath(leaves, position).map(base64url),
        record: base64url(pack.body),
        recordSalt: base64url(pack.salt),
        logProof: await deps.tlogProof(index),
      },
    }
  }),

  route(deviceFindings, async ({ params, caller }) => {
    const sequence = createSequence()
    // Under the organization's own eyes, and its own packs only: of others' it sees a part, which would look like gaps.
    await asOrganization(deps.db, caller.uscc, async tx => {
      for (let after = -1n; ; ) {
        const rows = await readSequence(tx, caller.uscc, params.thumbprint, after)
        for (const { seq, index } of rows) sequence.take(seq, index)
        const last = rows.at(-1)
        if (last === undefined) return
        after = last.index
      }
    })
    const findings = sequence.findings()
    return {
      body: {
        device: params.thumbprint,
        last: `${sequence.last()}`,
        findings: findings
          .slice(0, MAX_FINDINGS)
          .map(it =>
            it.kind === 'gap'
              ? { kind: it.kind, from: `${it.from}`, to: `${it.to}` }
              : { kind: it.kind, seq: `${it.seq}`, index: `${it.index}` },
          ),
        more: findings.length > MAX_FINDINGS,
      },
    }
  }),
]

/** Tells the parties of a pack; to everybody else there never was one. */
const mustNotBeErased = async (tx: Tx, pack: bigint): Promise<void> => {
  if (await isErasedPack(tx, pack)) throw new Refusal('ERASED', 'The pack was lawfully erased', { index: `${pack}` })
}

const MAX_FINDINGS = 1_000
