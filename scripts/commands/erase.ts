import { randomBytes } from 'node:crypto'
import { Argument, Command, Option } from 'commander'
import { canonical } from '../../core/canonical.ts'
import { type ErasureBasis, erasureBases, type Tombstone } from '../../core/erasure.ts'
import { signCompact } from '../../core/jws.ts'
import { typ } from '../../core/typ.ts'
import { eraseRecord } from '../../ledger/erasure/contract.ts'
import { type Desk, openDesk, withDesk } from './party.ts'
import { CommandError, type Terminal } from './terminal.ts'

type Options = Desk & {
  readonly log: string
  readonly commitment: string
  readonly basis: ErasureBasis
  readonly reason: string
  readonly yes?: boolean
}

/** Signed here, by the record's owner or the operator. What it destroys nobody can bring back. */
export const eraseCommand = (terminal: Terminal): Command =>
  withDesk(
    new Command('erase')
      .description('have a record destroyed: body, salt and all that was made of them; a signed tombstone stays')
      .addArgument(new Argument('<index>', 'place of the record in the log'))
      .requiredOption('--log <origin>', 'name of the log')
      .requiredOption('--commitment <hex>', 'of the record, so that none is destroyed by a slip of the hand')
      .addOption(
        new Option('--basis <ground>', 'legal ground').choices(Object.keys(erasureBases)).makeOptionMandatory(),
      )
      .requiredOption('--reason <text>', 'seen by all parties for good: nothing of what is erased')
      .option('--yes', 'it is meant'),
  ).action(async (index: string, { log, commitment, basis, reason, yes, ...desk }: Options) => {
    if (!yes) throw new CommandError(`entry ${index} of ${log} would be destroyed for good: say --yes`)
    const { party, client } = await openDesk(desk)
    const tombstone: Tombstone = {
      ...{ version: 1, log, index, commitment, basis, reason, by: party.uscc },
      nonce: randomBytes(32).toString('base64url'),
      iat: `${new Date().toISOString().slice(0, 19)}Z`,
    }
    const payload = canonical(tombstone)
    const jws = await signCompact({ typ: typ.tombstone, payload, key: party.key, x5c: party.chain })
    const answer = await client.json('POST', eraseRecord.path, undefined, { body: jws, type: 'application/jose' })
    terminal.out(JSON.stringify(answer))
  })
