import { readAct } from '../../core/act.ts'
import { utf8 } from '../../core/bytes.ts'
import { Refusal } from '../../core/errors.ts'
import { type PushDestination, pushDestinationSchema } from '../../core/push.ts'
import { typ } from '../../core/typ.ts'
import { parseUscc } from '../../core/uscc.ts'
import { asNode } from '../../db/database.ts'
import type { PushDeps } from './deps.ts'
import { type DestinationRow, destinationOf, insertDestination } from './store.ts'

const CLOCK_SKEW = 60_000

/** The bank's own signature says where its data goes: whoever only holds its token can't lead it elsewhere. */
export const setDestination = async (deps: PushDeps, caller: string, text: string): Promise<DestinationRow> => {
  const now = deps.now()
  const signer = await deps.signerOf(text, typ.pushDestination, now)
  const said = read(signer.payload)
  if (signer.uscc !== said.bank) throw new Refusal('SIGNER_MISMATCH')
  if (caller !== said.bank) throw new Refusal('NOT_YOURS', 'Submit what your own organization signed')
  if (Date.parse(said.iat) > now.getTime() + CLOCK_SKEW) throw new Refusal('DATE_IN_FUTURE')
  deps.mustBeAllowed(said.url)
  const bank = parseUscc(said.bank)
  await append(deps, bank, said, text)
  return (await asNode(deps.db, tx => destinationOf(tx, bank)))!
}

const append = async (deps: PushDeps, bank: PushDestination['bank'], { nonce, url }: PushDestination, text: string) => {
  try {
    await deps.appendAll([
      {
        ...{ type: 'push-destination', org: bank, parties: [bank], body: utf8(text), clientKey: nonce },
        effect: async (tx, entry) => void (await insertDestination(tx, entry, bank, url)),
      },
    ])
  } catch (error) {
    if (error instanceof Refusal && error.code === 'IDEMPOTENCY_CONFLICT') throw new Refusal('NONCE_REPLAYED')
    throw error
  }
}

const read = (payload: Uint8Array): PushDestination => {
  try {
    return readAct(pushDestinationSchema, payload)
  } catch (error) {
    throw new Refusal('INVALID_REQUEST', error instanceof Error ? error.message : 'unreadable')
  }
}
