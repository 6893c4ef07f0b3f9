import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { makeCsr, makeKeys } from '../../certs/keys.ts'
import type { Role } from '../../core/access.ts'
import { makeGln } from '../../core/identifier/make.ts'
import { jwkThumbprint, type PublicJwk } from '../../core/jwk.ts'
import { typ } from '../../core/typ.ts'
import { parseUscc } from '../../core/uscc.ts'
import { openParty, saveParty } from '../start/operator.ts'
import { demoNodes, type World } from '../start/world.ts'
import { type Actor, actorOf, get, instant, post, send, sign } from './actor.ts'

/** Who plays, beside the two operators. Names of vendors are those in the SCMS file; the codes are made up. */
export const players = {
  distributor: {
    uscc: '91440101MA5DTRBU0E',
    name: 'PHARMACY DIRECT（演示流通企业）',
    roles: ['distributor'],
    prefix: '6901234',
  },
  wholesaler: {
    uscc: '91440101MA5WHLBU0B',
    name: 'S. BUYS WHOLESALER（演示流通企业）',
    roles: ['distributor'],
    prefix: '6905678',
  },
  bank: { uscc: '91110000MA0BANK019', name: '示范银行（演示）', roles: ['bank'], prefix: undefined },
  otherBank: { uscc: '91310000MA0BANK02R', name: '另一家银行（演示）', roles: ['bank'], prefix: undefined },
  auditor: { uscc: '91440101MA5AUDTR0T', name: '示范会计师事务所（演示）', roles: ['auditor'], prefix: undefined },
} as const satisfies Record<string, { uscc: string; name: string; roles: readonly Role[]; prefix: string | undefined }>
export type Player = keyof typeof players

export const HOSPITAL_PREFIX = '6923456'
export const prefixOf = (player: 'distributor' | 'wholesaler'): string => players[player].prefix

/** Where goods leave and arrive: Digital Links of GLNs. */
const place = (prefix: string) => `https://id.gs1.org/414/${makeGln(prefix, 1)}`
export const places = {
  distributor: place(players.distributor.prefix),
  wholesaler: place(players.wholesaler.prefix),
  hospital: place(HOSPITAL_PREFIX),
} as const

export type Cast = Readonly<Record<Player, Actor>> & {
  readonly hospital: Actor
  /** The hospital's business at the market's node, which knows it as a party from elsewhere. */
  readonly hospitalAtMarket: Actor
}

export type Stage = {
  readonly dataDir: string
  readonly world: World
  readonly market: string
  readonly hospital: string
  readonly say: (text: string) => void
}

/** Everybody makes a key at home, gets it certified, and is registered at both nodes. */
export async function enrol({ dataDir, world, market, hospital }: Stage): Promise<Cast> {
  const operators = {
    market: actorOf(world.operators.market, market),
    hospital: actorOf(world.operators.hospital, hospital),
  }
  // It operates its own node, and nobody else's.
  const hospitalOrg = { ...demoNodes.hospital.operator, roles: ['hospital'] }
  await post(operators.market, '/api/v1/organizations', {
    ...hospitalOrg,
    hosted: false,
    node: hospital,
    gln: makeGln(HOSPITAL_PREFIX, 1),
  })
  const enrolled = await Promise.all(
    Object.entries(players).map(async ([name, { uscc, name: called, roles }]) => {
      const folder = join(dataDir, 'parties', name)
      const keys = await makeKeys()
      const organization = { uscc, name: called, roles }
      const { certificate } = await post<{ certificate: string }>(operators.market, '/api/v1/organizations', {
        ...organization,
        hosted: true,
        csr: await makeCsr(keys, called),
      })
      await post(operators.hospital, '/api/v1/organizations', { ...organization, hosted: false, node: market })
      await saveParty(folder, keys.privateKey, certificate)
      return [name, actorOf(await openParty(folder, uscc, called), market)] as const
    }),
  )
  const cast = {
    ...(Object.fromEntries(enrolled) as Record<Player, Actor>),
    hospital: actorOf(world.operators.hospital, hospital),
    hospitalAtMarket: actorOf(world.operators.hospital, market),
  }
  for (const player of ['distributor', 'wholesaler'] as const) {
    await post(operators.market, '/api/v1/identifiers/prefixes', {
      prefix: prefixOf(player),
      uscc: players[player].uscc,
    })
  }
  await endorseNode(cast)
  return cast
}

/** The hospital lets its own node speak for it at the market's: the node asks and delivers with a key of its own. */
async function endorseNode({ hospital, hospitalAtMarket }: Pick<Cast, 'hospital' | 'hospitalAtMarket'>): Promise<void> {
  const { nodeKey } = await get<{ nodeKey: PublicJwk }>(hospital, '/api/v1/node')
  const now = Date.now()
  const endorsement = {
    id: randomUUID(),
    kind: 'node',
    uscc: parseUscc(hospital.uscc),
    jwk: nodeKey,
    thumbprint: jwkThumbprint(nodeKey),
    label: '医院节点 / hospital node',
    notBefore: instant(new Date(now - 60_000)),
    notAfter: instant(new Date(now + 365 * 86_400_000)),
  }
  await send(hospitalAtMarket, 'POST', '/api/v1/keys', await sign(hospital, typ.keyEndorsement, endorsement))
}
