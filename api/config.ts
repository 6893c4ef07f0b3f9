import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { z } from 'zod'
import { roles } from '../core/access.ts'
import { isUscc } from '../core/uscc.ts'

/** The only reader of the environment. A variable that is wrong stops the start with one line that names it. */
export type Config = Readonly<z.output<typeof environment>> & { readonly production: boolean }

const file = z
  .string()
  .min(1)
  .transform(path => resolve(path))
  .optional()
const httpUrl = z.url({ protocol: /^https?$/, error: 'takes an http or https address' })

const isProxy = (text: string): boolean => {
  const [address = '', bits] = text.split('/', 2)
  const family = isIP(address)
  if (family === 0) return ['loopback', 'linklocal', 'uniquelocal'].includes(text)
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
}

const environment = z.object({
  TALLYSTICK_ENV: z
    .enum(['development', 'production'], { error: 'takes development or production' })
    .default('development'),
  PORT: z
    .string()
    .refine(text => /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535, 'takes a port number')
    .transform(Number)
    .default(8080),
  HOST: z.string().min(1).default('127.0.0.1'),
  PUBLIC_URL: httpUrl.transform(url => url.replace(/\/$/, '')).optional(),
  TRUSTED_PROXIES: z
    .string()
    .transform(list => list.split(',').map(each => each.trim()))
    .refine(list => list.every(isProxy), 'takes IP addresses, ranges like 10.0.0.0/8, or loopback, separated by commas')
    .default([]),
  /** From one address; past it callers are told to come back. */
  REQUESTS_PER_MINUTE: z
    .string()
    .refine(text => /^[1-9]\d{0,7}$/.test(text), 'takes a number from 1 to 99999999')
    .transform(Number)
    .optional(),
  DATA_DIR: z
    .string()
    .min(1)
    .default('.data')
    .transform(path => resolve(path)),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'takes a postgres:// address' }).optional(),
  /** As the schema's owner, where the service's role in DATABASE_URL is another, as it should be. */
  MIGRATE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'takes a postgres:// address' }).optional(),
  CHAINS_FILE: file,
  TRUST_FILE: file,
  LOG_ORIGIN: z
    .string()
    .regex(
      /^[\x21-\x2a\x2c-\x7e]{1,200}$/,
      'takes a name without white space and plus signs, such as log.example.com/2026',
    )
    .optional(),
  LOG_KEY_FILE: file,
  NODE_KEY_FILE: file,
  WITNESS_FILE: file,
  TSA_URL: httpUrl.optional(),
  PEERS_FILE: file,
  /** Where the hospital's own tables are, to compare invoices with. */
  BOOKS_FILE: file,
  /** GS1 company prefixes and Handle prefixes this node may allocate. */
  CODE_PREFIXES: z
    .string()
    .regex(/^[0-9.]+(,[0-9.]+)*$/, 'takes prefixes separated by commas')
    .transform(list => list.split(','))
    .default([]),
  /** The organization that runs this node. */
  OPERATOR_USCC: z
    .string()
    .refine(text => isUscc(text), 'takes a unified social credit code of 18 characters')
    .optional(),
  /** What else it is here, beside operator. */
  OPERATOR_ROLES: z
    .string()
    .transform(list => list.split(',').map(each => each.trim()))
    .pipe(z.array(z.enum(roles, { error: `takes roles separated by commas: ${roles.join(', ')}` })))
    .default([]),
  OPERATOR_NAME: z.string().min(1).max(200).optional(),
})

export class ConfigError extends Error {}

/** What a variable leads to can be as wrong as the variable: the one line names it all the same. */
export const named = <T>(variable: keyof Config, reading: Promise<T>): Promise<T> =>
  reading.catch(error => {
    const why = error instanceof Error ? error.message : 'can not be read'
    throw new ConfigError(`${variable}: ${why.replaceAll(/\s+/g, ' ')}`)
  })

const loopback = new Set(['127.0.0.1', '::1', 'localhost'])

/** What development makes for itself, and production must be given. */
const requiredInProduction = [
  'DATABASE_URL',
  'CHAINS_FILE',
  'TRUST_FILE',
  'PUBLIC_URL',
  'LOG_ORIGIN',
  'LOG_KEY_FILE',
  'NODE_KEY_FILE',
  'OPERATOR_USCC',
  'OPERATOR_NAME',
] as const

export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
  const result = environment.safeParse(set)
  if (!result.success) {
    const issue = result.error.issues[0]
    throw new ConfigError(`${String(issue?.path[0])}: ${issue?.message}`)
  }
  const config = { ...result.data, production: result.data.TALLYSTICK_ENV === 'production' }
  if (config.production) {
    const missing = requiredInProduction.filter(name => config[name] === undefined)
    if (missing.length) {
      throw new ConfigError(
        missing.map(name => `${name}: not set, and production takes no development default`).join('\n'),
      )
    }
  } else if (!loopback.has(config.HOST)) {
    throw new ConfigError('HOST: takes a loopback address unless TALLYSTICK_ENV is production')
  }
  return config
}
