import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../../api/config.ts'
import { makeLogKeyFile, makeNodeKeyFile, readLogKey, readNodeKey } from '../../api/key-files.ts'
import { usccAt } from '../../certs/authority.ts'
import { type Role, roles } from '../../core/access.ts'
import { formatVerifierKey } from '../../core/note.ts'
import type { TrustFile } from '../../core/trust.ts'
import { pem } from '../../core/x509/pem.ts'
import { openAuthority, openOperator, type Party } from './operator.ts'
import { startDatabases } from './postgres.ts'

export type SingleNode = {
  /** What its process reads. */
  readonly env: Readonly<Record<string, string>>
  readonly trustFile: string
  readonly operator: Party
  readonly close: () => Promise<void>
}

type Operated = Config & { readonly OPERATOR_USCC: string; readonly OPERATOR_NAME: string }

/**
 * What one node stands on outside of production, made where it is missing and not named in the environment: an embedded
 * PostgreSQL, keys of log and node, a development CA of its own with the operator's certificate, and trust settings that
 * know nobody else. Without CHAINS_FILE nothing is anchored.
 */
export async function makeSingleNode(config: Operated, as: readonly Role[]): Promise<SingleNode> {
  const { DATA_DIR: folder, HOST, PORT } = config
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const files = {
    LOG_KEY_FILE: config.LOG_KEY_FILE ?? join(folder, 'log.key'),
    NODE_KEY_FILE: config.NODE_KEY_FILE ?? join(folder, 'node.key'),
    TRUST_FILE: config.TRUST_FILE ?? join(folder, 'trust.json'),
  }
  if (!config.LOG_KEY_FILE) await makeLogKeyFile(files.LOG_KEY_FILE)
  if (!config.NODE_KEY_FILE) await makeNodeKeyFile(files.NODE_KEY_FILE)
  const authority = await openAuthority(join(folder, 'ca'))
  const operator = await openOperator(join(folder, 'operator'), authority, config.OPERATOR_USCC, config.OPERATOR_NAME)
  const origin = config.LOG_ORIGIN ?? `${config.OPERATOR_USCC.toLowerCase()}.tallystick.example/log`
  if (!existsSync(files.TRUST_FILE)) await writeTrust(files, origin, authority.root.certificate)
  const databases = config.DATABASE_URL === undefined ? await startDatabases(folder, ['node']) : undefined
  return {
    env: {
      TALLYSTICK_ENV: 'development',
      HOST,
      PORT: String(PORT),
      PUBLIC_URL: config.PUBLIC_URL ?? `http://${HOST}:${PORT}`,
      DATA_DIR: folder,
      ...(databases && { DATABASE_URL: databases.url('node'), MIGRATE_URL: databases.ownerUrl('node') }),
      ...files,
      LOG_ORIGIN: origin,
      OPERATOR_USCC: config.OPERATOR_USCC,
      OPERATOR_NAME: config.OPERATOR_NAME,
      OPERATOR_ROLES: as.join(','),
    },
    trustFile: files.TRUST_FILE,
    operator,
    close: async () => void (await databases?.stop()),
  }
}

type Files = { readonly LOG_KEY_FILE: string; readonly NODE_KEY_FILE: string; readonly TRUST_FILE: string }

const writeTrust = async (files: Files, origin: string, root: Uint8Array): Promise<void> => {
  const trust: TrustFile = {
    version: 1,
    anchors: [
      { id: 'development-ca', certificate: pem('CERTIFICATE', root), roles: [...roles], usccAt, crl: 'required' },
    ],
    nodes: [
      {
        origin,
        logKey: formatVerifierKey(await readLogKey(files.LOG_KEY_FILE, origin)),
        nodeKey: (await readNodeKey(files.NODE_KEY_FILE)).jwk,
        notBefore: `${new Date(Date.now() - 60_000).toISOString().slice(0, 19)}Z`,
      },
    ],
    chains: [],
    witnesses: { quorum: 0, keys: [] },
  }
  await writeFile(files.TRUST_FILE, JSON.stringify(trust, null, 2), { mode: 0o600 })
}
