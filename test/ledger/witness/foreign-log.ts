import { createHash, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'

/**
 * A log as a stranger would write it from the specifications (RFC 6962, C2SP signed-note, tlog-checkpoint, tlog-witness),
 * with nothing of ours: what our witness takes and gives is held against it.
 */
export type ForeignLog = ReturnType<typeof foreignLog>

const sha = (...parts: readonly (Buffer | string)[]): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
const leaf = (text: string): Buffer => sha(Buffer.of(0), text)
const node = (left: Buffer, right: Buffer): Buffer => sha(Buffer.of(1), left, right)

/** Largest power of two smaller than n. */
const splitAt = (n: number): number => {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

/** MTH of RFC 6962 §2.1. */
const treeHash = (leaves: readonly Buffer[]): Buffer => {
  if (leaves.length === 0) return sha('')
  if (leaves.length === 1) return leaves[0] as Buffer
  const k = splitAt(leaves.length)
  return node(treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)))
}

/** SUBPROOF of RFC 6962 §2.1.2. */
const subproof = (m: number, leaves: readonly Buffer[], whole: boolean): Buffer[] => {
  if (m === leaves.length) return whole ? [] : [treeHash(leaves)]
  const k = splitAt(leaves.length)
  return m <= k
    ? [...subproof(m, leaves.slice(0, k), whole), treeHash(leaves.slice(k))]
    : [...subproof(m - k, leaves.slice(k), false), treeHash(leaves.slice(0, k))]
}

const raw = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' }).subarray(-32)

export const foreignLog = (origin: string, entries: (i: number) => string = i => `entry ${i}`) => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const id = sha(`${origin}\n`, Buffer.of(1), raw(publicKey)).subarray(0, 4)
  const leaves = (n: number, of = entries) => Array.from({ length: n }, (_, i) => leaf(of(i)))
  const signed = (text: string) => {
    const signature = Buffer.concat([id, sign(null, Buffer.from(text), privateKey)])
    return `${text}\n— ${origin} ${signature.toString('base64')}\n`
  }
  const root = (n: number, of = entries) => treeHash(leaves(n, of)).toString('base64')
  const text = (n: number, of = entries) => `${origin}\n${n}\n${root(n, of)}\n`
  const proof = (old: number, n: number, of = entries) =>
    old === 0 || old === n ? [] : subproof(old, leaves(n, of), true).map(hash => hash.toString('base64'))
  return {
    origin,
    vkey: `${origin}+${id.toString('hex')}+${Buffer.concat([Buffer.of(1), raw(publicKey)]).toString('base64')}`,
    root,
    text,
    proof,
    signed,
    note: (n: number, of = entries) => signed(text(n, of)),
    /** Body of add-checkpoint. */
    body: (old: number, n: number, of = entries) =>
      `old ${old}\n${proof(old, n, of)
        .map(line => `${line}\n`)
        .join('')}\n${signed(text(n, of))}`,
  }
}

/** What a stranger makes of the lines of a witness, given its verifier key: the time, or why it is no cosignature. */
export const readLine = (vkey: string, checkpointText: string, answer: string): number | string => {
  const [name = '', id = '', ...material] = vkey.split('+')
  const key = Buffer.from(material.join('+'), 'base64')
  if (key[0] !== 4 || sha(`${name}\n`, key).subarray(0, 4).toString('hex') !== id) return 'not a witness key'
  const [, called, encoded] = /^— (\S+) (\S+)\n$/.exec(answer) ?? []
  if (called !== name || encoded === undefined) return `not one line of ${name}`
  const bytes = Buffer.from(encoded, 'base64')
  if (bytes.length !== 76 || bytes.subarray(0, 4).toString('hex') !== id) return 'not of this key'
  const time = bytes.readBigUInt64BE(4)
  const message = Buffer.from(`cosignature/v1\ntime ${time}\n${checkpointText}`)
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key.subarray(1)])
  const good = verify(null, message, { key: spki, format: 'der', type: 'spki' }, bytes.subarray(12))
  return good ? Number(time) : 'it does not verify'
}
