import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../../api/config.ts'
import { makeLogKeyFile, makeNodeKeyFile, readLogKey, readNodeKey } from '../../api/key-files.ts'
import { usccAt } from '../../certs/authority.ts'
import { roles } from '../../core/access.ts'
import { formatWitnessKey } from '../../core/cosignature.ts'
import { formatVerifierKey } from '../../core/note.ts'
import type { TrustFile } from '../../core/trust.ts'
import { pem } from '../../core/x509/pem.ts'
import { devKey } from '../../ledger/chain/embedded.ts'
import { type DevChain, startChain } from './chain.ts'
import { openAuthority, openOperator, type Party } from './operator.ts'
import { type Databases, startDatabases } from './postgres.ts'

/** The two nodes of the demonstration, and who runs each. */
export const demoNodes = {
  market: {
    origin: 'market.tallystick.example/log',
    witness: 'market.tallystick.example/witness',
    operator: { uscc: '91440101MA5TALLY06', name: '符信平台运营中心（演示）' },
  },
  hospital: {
    origin: 'hospital.tallystick.example/log',
    witness: 'hospital.tallystick.example/witness',
    operator: { uscc: '12440100MB2H0G7A0C', name: '广东省示范医院（演示）' },
  },
} as const
export type DemoNode = keyof typeof demoNodes

export type World = {
  /** What each node's process reads. */
  readonly env: Readonly<Record<DemoNode, Readonly<Record<string, string>>>>
  readonly operators: Readonly<Record<DemoNode, Party>>
  readonly trustFile: string
  readonly chain: DevChain
  readonly close: () => Promise<void>
}

/** Everything the nodes stand on in development: PostgreSQL, chain, CA, keys, and the files that name them. */
export async function makeWorld(config: Config): Promise<World> {
  const { DATA_DIR: dataDir } = config
  const [databases, chain, authority] = await Promise.all([
    startDatabases(dataDir, ['market', 'hospital']),
    startChain(),
    openAuthority(join(dataDir, 'market', 'ca')),
  ])
  const names = Object.keys(demoNodes) as DemoNode[]
  const operators = Object.fromEntries(
    await Promise.all(
      names.map(async name => {
        const { uscc, name: called } = demoNodes[name].operator
        return [
          name,
          await openOperator(join(dataDir, 'parties', `${name}-operator`), authority, uscc, called),
        ] as const
      }),
    ),
  ) as Record<DemoNode, Party>
  for (const name of names) {
    await makeLogKeyFile(join(dataDir, name, 'log.key'))
    await makeNodeKeyFile(join(dataDir, name, 'node.key'))
    await makeLogKeyFile(join(dataDir, name, 'witness.key'))
  }
  const trustFile = join(dataDir, 'trust.json')
  await writeTrust(trustFile, dataDir, authority.root.certificate, chain)
  const world = { trustFile, chain, databases }
  return {
    env: { market: await nodeEnv(config, world, 'market'), hospital: await nodeEnv(config, world, 'hospital') },
    operators,
    trustFile,
    chain,
    close: async () => {
      await chain.close()
      await databases.stop()
    },
  }
}

async function nodeEnv(
  config: Config,
  world: { trustFile: string; chain: DevChain; databases: Databases },
  name: DemoNode,
): Promise<Record<string, string>> {
  const folder = join(config.DATA_DIR, name)
  const port = { market: config.PORT, hospital: config.PORT + 1 }
  // What is set is meant for the node that people know; the hospital of the demonstration stays as it is.
  const given: Partial<Config> = name === 'market' ? config : {}
  const { url, trusted, registry } = world.chain
  await writeJson(join(folder, 'chain.key'), { privateKey: devKey(name), administrator: devKey(name) })
  if (name === 'market') await writeJson(join(folder, 'registry-chain.key'), { privateKey: devKey('registry') })
  await writeJson(join(folder, 'chains.json'), [
    {
      ...{ ...trusted, rpc: url, keyFile: join(folder, 'chain.key'), finality: 'instant' },
      // One node keeps the registry.
      ...(name === 'market' ? { registry: { ...registry, keyFile: join(folder, 'registry-chain.key') } } : {}),
    },
  ])
  await writeJson(
    join(folder, 'peers.json'),
    name === 'hospital'
      ? [
          {
            name: 'market',
            url: `http://${config.HOST}:${port.market}`,
            registry: true,
            revocationLists: ['crl', 'root.crl'].map(list => `http://${config.HOST}:${port.market}/pki/${list}`),
            organization: demoNodes.hospital.operator.uscc,
          },
        ]
      : [],
  )
  if (name === 'hospital') {
    const { uscc } = demoNodes.hospital.operator
    await writeJson(join(folder, 'books.json'), { organization: uscc, folder: join(folder, 'books') })
  }
  // Each witnesses the other: of the two logs neither can be rewritten by those alone who run it.
  const other = name === 'market' ? 'hospital' : 'market'
  const { origin } = demoNodes[other]
  const witness = await witnessKey(config.DATA_DIR, other)
  await writeJson(join(folder, 'witnesses.json'), {
    quorum: 1,
    witnesses: [{ key: formatWitnessKey(witness), url: `http://${config.HOST}:${port[other]}` }],
    serve: {
      name: demoNodes[name].witness,
      keyFile: join(folder, 'witness.key'),
      logs: [{ origin, keys: [formatVerifierKey(await readLogKey(join(config.DATA_DIR, other, 'log.key'), origin))] }],
    },
  })
  return {
    TALLYSTICK_ENV: 'development',
    HOST: config.HOST,
    PORT: String(port[name]),
    PUBLIC_URL: `http://${config.HOST}:${port[name]}`,
    DATA_DIR: folder,
    ...(given.DATABASE_URL
      ? { DATABASE_URL: given.DATABASE_URL, ...(given.MIGRATE_URL ? { MIGRATE_URL: given.MIGRATE_URL } : {}) }
      : { DATABASE_URL: world.databases.url(name), MIGRATE_URL: world.databases.ownerUrl(name) }),
    TRUST_FILE: world.trustFile,
    CHAINS_FILE: given.CHAINS_FILE ?? join(folder, 'chains.json'),
    PEERS_FILE: join(folder, 'peers.json'),
    WITNESS_FILE: given.WITNESS_FILE ?? join(folder, 'witnesses.json'),
    LOG_ORIGIN: demoNodes[name].origin,
    LOG_KEY_FILE: join(folder, 'log.key'),
    NODE_KEY_FILE: join(folder, 'node.key'),
    OPERATOR_USCC: demoNodes[name].operator.uscc,
    OPERATOR_NAME: demoNodes[name].operator.name,
    ...(name === 'hospital' ? { OPERATOR_ROLES: 'hospital', BOOKS_FILE: join(folder, 'books.json') } : {}),
  }
}

/** Earlier chains stay named: what was anchored on them reads as forgotten by the chain, not as foreign. */
async function writeTrust(path: string, dataDir: string, root: Uint8Array, chain: DevChain): Promise<void> {
  const before: TrustFile | undefined = existsSync(path) ? JSON.parse(await readFile(path, 'utf8')) : undefined
  const trust: TrustFile = {
    version: 1,
    anchors: [
      { id: 'development-ca', certificate: pem('CERTIFICATE', root), roles: [...roles], usccAt, crl: 'required' },
    ],
    nodes:
      before?.nodes ??
      (await Promise.all(
        (Object.keys(demoNodes) as DemoNode[]).map(async name => {
          const { origin } = demoNodes[name]
          return {
            origin,
            logKey: formatVerifierKey(await readLogKey(join(dataDir, name, 'log.key'), origin)),
            nodeKey: (await readNodeKey(join(dataDir, name, 'node.key'))).jwk,
            // It is in the hands of those who run the log.
            ownWitnesses: [await ownWitness(dataDir, name)],
            notBefore: `${new Date(Date.now() - 60_000).toISOString().slice(0, 19)}Z`,
          }
        }),
      )),
    chains: [...(before?.chains ?? []), chain.trusted],
    witnesses: before?.witnesses ?? {
      quorum: 1,
      keys: await Promise.all((Object.keys(demoNodes) as DemoNode[]).map(name => ownWitness(dataDir, name))),
    },
  }
  await writeJson(path, trust)
}

const witnessKey = (dataDir: string, name: DemoNode) =>
  readLogKey(join(dataDir, name, 'witness.key'), demoNodes[name].witness)

const ownWitness = async (dataDir: string, name: DemoNode): Promise<string> =>
  formatWitnessKey(await witnessKey(dataDir, name))

async function writeJson(path: string, value: unknown): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 })
  // Read by others while they start: it appears whole.
  await writeFile(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 })
  await rename(`${path}.new`, path)
}
