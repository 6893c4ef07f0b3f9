import { Command, Option } from 'commander'
import { openDesk, withDesk } from './party.ts'
import { exit, type Ran, type Terminal } from './terminal.ts'

type Desk = { readonly as: string; readonly node: string; readonly json?: boolean }
type Row = {
  readonly id: string
  readonly peer: string
  readonly path: string
  readonly attempts: number
  readonly deadAt: string | null
  readonly lastError: string | null
}

/** For the operator: what other nodes and banks have not got, and another try for what was given up. */
export const deliveriesCommand = (terminal: Terminal, ran: Ran): Command =>
  new Command('deliveries')
    .description('what other nodes and the endpoints of banks have not got yet; replay what was given up')
    .addCommand(
      withDesk(new Command('list').description('given up first; exit 1 where something was'))
        .addOption(new Option('--json', 'for machines'))
        .action(async (desk: Desk) => {
          const { client } = await openDesk(desk)
          const { items } = (await (await client.request('GET', '/api/v1/deliveries')).json()) as { items: Row[] }
          if (desk.json) terminal.out(JSON.stringify(items))
          else for (const row of items) terminal.out(lineOf(row))
          ran(items.some(({ deadAt }) => deadAt !== null) ? exit.false : exit.done)
        }),
    )
    .addCommand(
      withDesk(new Command('replay').description('try one again that was given up').argument('<id>')).action(
        async (id: string, desk: Desk) => {
          const { client } = await openDesk(desk)
          const answer = await client.request('POST', `/api/v1/deliveries/${encodeURIComponent(id)}/replay`)
          if (answer.ok) return terminal.out(`${id} will be tried again`)
          terminal.error(`${id}: ${((await answer.json()) as { detail?: string }).detail ?? answer.status}`)
          ran(exit.couldNotRun)
        },
      ),
    )

const lineOf = ({ id, peer, path, attempts, deadAt, lastError }: Row): string =>
  [id, deadAt === null ? 'waiting ' : 'given up', `${peer}${path}`, `${attempts} attempts`, lastError ?? ''].join('  ')
