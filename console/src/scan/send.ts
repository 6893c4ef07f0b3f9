import { capture, listScans } from '../../../capture/contract.ts'
import { Refusal } from '../../../core/errors.ts'
import type { Client } from '../../../core/oauth/client.ts'
import { call } from '../api/call.ts'
import { eventIdOf } from './event.ts'
import { forget, type HandIn, type HandInState, keep, listHandIns, signed } from './hand-in.ts'

/** Acknowledged ones that stay to be looked at. */
const KEPT = 10

/**
 * Sends what waits, in the order of the device's numbers, and keeps what the node said of each: it has the last word.
 * Throws what only time can cure (no network, a busy log, an ended session); all that was not sent waits on. Two pages of
 * one browser take turns.
 */
export const sendAll = (client: Client, uscc: string, told: () => void): Promise<void> =>
  navigator.locks.request('tallystick-hand-ins', async () => {
    for (const handIn of await listHandIns(uscc)) {
      if (handIn.state.name !== 'waiting') continue
      await keep(await send(client, handIn))
      told()
    }
    await tidy(uscc)
  })

const send = async (client: Client, waiting: HandIn): Promise<HandIn> => {
  const handIn = await signed(waiting)
  if (handIn.jws === undefined) return { ...handIn, state: refused(new Refusal('KEY_UNKNOWN')) }
  const headers = { 'Capture-Salt': handIn.seed, 'Capture-Signature': handIn.jws }
  let receipt: string | undefined
  try {
    const { receipts } = await call(client, capture, { body: handIn.body, headers })
    receipt = receipts[0]?.index
  } catch (error) {
    if (!(error instanceof Refusal) || passes(error)) throw error
    // It may have taken it before, and the answer was lost on the way. Nobody else has this id.
    if (error.code !== 'EVENT_EXISTS') return { ...handIn, state: refused(error) }
  }
  // Lost here, all of it is done again: the node takes it once.
  return { ...handIn, state: await taken(client, handIn, receipt) }
}

/** A refusal of now, and not of this capture. */
const passes = ({ status }: Refusal): boolean => status >= 500 || status === 401 || status === 429

const refused = ({ code, message }: Refusal): HandInState => ({ name: 'refused', code, detail: message })

const taken = async (client: Client, handIn: HandIn, receipt: string | undefined): Promise<HandInState> => {
  const at = new Date().toISOString()
  const id = eventIdOf(handIn.id)
  const { scans } = await call(client, listScans, { query: { code: handIn.about, limit: 100 } })
  const scan = scans.find(it => it.eventID === id)
  if (scan === undefined) {
    return receipt === undefined ? refused(new Refusal('EVENT_EXISTS')) : { name: 'taken', index: receipt, at }
  }
  const { index, entitled, reason } = scan
  const findings = [...new Set(scan.findings.map(it => it.code))]
  return { name: 'taken', index, at, said: { entitled, reason, findings } }
}

const tidy = async (uscc: string): Promise<void> => {
  const done = (await listHandIns(uscc)).filter(it => it.state.name === 'taken')
  for (const { id } of done.slice(0, -KEPT)) await forget(id)
}
