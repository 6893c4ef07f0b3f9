import { sha256 } from '#sha256'
import { utf8 } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import { Refusal } from '../../core/errors.ts'
import { signCompact } from '../../core/jws.ts'
import { PUSH_TYPE, type Push } from '../../core/push.ts'
import { typ } from '../../core/typ.ts'
import { parseUscc } from '../../core/uscc.ts'
import { asNode } from '../../db/database.ts'
import type { PeerClient } from '../peers/peer-client.ts'
import { deny } from '../releases/deny.ts'
import { release } from '../releases/release.ts'
import { seal } from '../releases/seal.ts'
import type { Answer, PushDeps } from './deps.ts'
import { signedHeaders } from './http-signature.ts'
import { takeReceipt } from './receipt.ts'
import { destinationOf, insertBody, isReleasable, type PushRow, readPush, setTaken } from './store.ts'

/** Under which name deliveries are pushes; no peer can have it (peers-file.ts). */
export const PUSH_PEER = 'push:'

/** A push as the queue of deliveries sees it: the path is its id, and the body is made when it goes out. */
export const pushClient = (deps: PushDeps): Pick<PeerClient, 'request'> => ({
  async request(_method, path) {
    try {
      await send(deps, path.slice(1))
      return new Response()
    } catch (error) {
      // Our own haste or trouble passes, and so does the wait for evidence about a signature.
      if (error instanceof Refusal && (error.status === 503 || error.code === 'EVIDENCE_PENDING')) {
        throw new Refusal('PEER_UNAVAILABLE', error.message)
      }
      throw error
    }
  },
})

/**
 * One attempt. Of evidence: first the release, which takes its use and logs its receipt in one transaction, the first time; and then,
 * each time, in the transaction that notes the body, whether the authorization is in force now. An alert is
 * what the bank may read at the API whatever became of the authorization, which its end is one of: it only goes out.
 * Refusals: those of a
 * release, logged as denials; DESTINATION_UNKNOWN, DESTINATION_FORBIDDEN; PEER_UNAVAILABLE where another attempt may do.
 */
const send = async (deps: PushDeps, id: string): Promise<void> => {
  const { db, now, nodeKey } = deps
  const push = await asNode(db, tx => readPush(tx, id))
  if (push === undefined) throw new Refusal('PUSH_UNKNOWN')
  if (push.receipt !== null) return
  const destination = await asNode(db, tx => destinationOf(tx, push.bank))
  if (destination === undefined) throw new Refusal('DESTINATION_UNKNOWN')
  deps.mustBeAllowed(destination.url)
  const body = utf8(await bodyOf(deps, push))
  const headers = await signedHeaders(nodeKey, { url: destination.url, id, type: PUSH_TYPE, body, at: now() })
  if (push.alert === null) await mayLeave(deps, push, body)
  else await asNode(db, tx => insertBody(tx, id, sha256(body), now()))
  const answer = await deps.post(destination.url, headers, body).catch(error => {
    throw new Refusal('PEER_UNAVAILABLE', error instanceof Error ? `no answer: ${error.message}` : 'no answer')
  })
  await heard(deps, push, answer)
}

const bodyOf = async (deps: PushDeps, push: PushRow): Promise<string> => {
  const { id, application: of, bank, purpose } = push
  const envelope = {
    version: 1 as const,
    ...{ iss: deps.origin, aud: parseUscc(bank), jti: id, application: of, purpose },
    iat: `${deps.now().toISOString().slice(0, 19)}Z`,
  }
  const said = push.alert === null ? { bundle: await bundleOf(deps, push) } : { alert: await alertOf(deps, push.alert) }
  const payload: Push = { ...envelope, ...said }
  return signCompact({ typ: typ.push, ...deps.nodeKey, payload: canonical(payload) })
}

const alertOf = async (deps: PushDeps, id: string): Promise<string> => {
  const alert = await asNode(deps.db, tx => deps.alertMaterial(tx, id))
  if (alert === undefined) throw new Refusal('ERASED', 'The alert was lawfully erased')
  return alert
}

const bundleOf = async (deps: PushDeps, { id, application: of, bank, purpose }: PushRow) => {
  const application = await asNode(deps.db, tx => deps.applicationMaterial(tx, of))
  if (application === undefined) throw new Refusal('APPLICATION_UNKNOWN')
  await deps.settled(application.records)
  const { contents } = await release(deps, { id, caller: parseUscc(bank), application, action: 'push', purpose })
  return seal(deps.nodeKey, contents)
}

const mayLeave = async (deps: PushDeps, push: PushRow, body: Uint8Array): Promise<void> => {
  const at = deps.now()
  const left = await asNode(deps.db, async tx => {
    if (!(await isReleasable(tx, push.id, at))) return false
    await insertBody(tx, push.id, sha256(body), at)
    return true
  })
  if (left) return
  const application = await asNode(deps.db, tx => deps.applicationMaterial(tx, push.application))
  const refusal = new Refusal('AUTHORIZATION_NOT_ACTIVE', 'The authorization ended while the push was being made')
  if (application !== undefined) {
    await deny(deps.append, { caller: parseUscc(push.bank), application }, undefined, refusal, at)
  }
  throw refusal
}

/** 202 is an endpoint that will sign later; until it has, the push is shown as unacknowledged. */
const heard = async (deps: PushDeps, push: PushRow, { status, body }: Answer): Promise<void> => {
  if (status === 202) {
    await asNode(deps.db, tx => setTaken(tx, push.id, deps.now()))
    return
  }
  if (status !== 200 && status !== 201) {
    throw new Refusal(mayChange(status) ? 'PEER_UNAVAILABLE' : 'DESTINATION_FORBIDDEN', `the bank answered ${status}`)
  }
  await asNode(deps.db, tx => setTaken(tx, push.id, deps.now()))
  try {
    await takeReceipt(deps, push, body)
  } catch (error) {
    // It may be an endpoint under repair: silence, or a receipt for something else, is asked for again.
    if (!(error instanceof Refusal)) throw error
    throw new Refusal('PEER_UNAVAILABLE', `the bank gave no good receipt: ${error.code}`)
  }
}

/** What is wrong with the message itself stays wrong; who we are there, and how they are doing, can change. */
const mayChange = (status: number): boolean =>
  status >= 500 || [301, 302, 307, 308, 401, 403, 404, 408, 425, 429].includes(status)
