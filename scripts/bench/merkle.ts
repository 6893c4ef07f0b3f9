import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { MerkleTree } from 'merkletreejs'
import { sha256 } from '#sha256'
import { frontierOf, rootOfFrontier } from '../../core/merkle/frontier.ts'
import { verifyInclusion } from '../../core/merkle/verify.ts'
import { type Hash, leafHash, nodeHash } from '../../core/merkle.ts'
import { type Benchmark, isWanted } from './benchmark.ts'
import { sayMachine } from './machine.ts'
import { compare, type Side, sayRow } from './measure.ts'

const LEAVES = 1_000_000
const DEPTH = 20
const SIZE = 2n ** BigInt(DEPTH)
/** An entry is a version byte and a commitment. */
const ENTRY = 33

export const merkle: Benchmark = {
  name: 'merkle',
  summary: 'leaves hashed and rooted beside OpenSSL; inclusion proofs checked beside merkletreejs',
  async run(out, settings) {
    const { rounds, seconds, json } = settings
    sayMachine(out, json)
    if (isWanted(settings, 'leaves')) {
      const row = await compare({
        what: `leaves hashed and rooted at ${LEAVES.toLocaleString('en-US')}`,
        named: 'two openssl 65-byte SHA-256 a leaf on one core',
        counted: 'leaves',
        target: { atLeast: 0.35 },
        ours: rooting(someEntries(LEAVES)),
        yardstick: openssl,
        ...{ rounds, seconds },
      })
      sayRow(out, json, row)
    }
    if (isWanted(settings, 'proofs')) {
      const proof = someProof()
      const ours = checking(() => verifyInclusion(proof.leaf, proof.index, SIZE, proof.hashes, proof.root))
      for (const [named, digest, target] of yardsticks) {
        const row = await compare({
          what: `inclusion proofs checked at depth ${DEPTH}`,
          counted: 'proofs',
          yardstick: checking(proof.theirs(digest)),
          ...{ named, ours, target, rounds, seconds: Math.min(seconds, 2) },
        })
        sayRow(out, json, row)
      }
    }
  },
}

type Digest = ((bytes: Buffer) => Buffer) | undefined

/** With the hash it takes when told nothing (crypto-js), and with OpenSSL's by node: what of the ratio is the hash's. */
const yardsticks: readonly (readonly [string, Digest, { atLeast: number } | undefined])[] = [
  ['merkletreejs with its default hash', undefined, { atLeast: 7 }],
  [
    'merkletreejs with node:crypto createHash',
    bytes =>
      createHash('sha256')
        .update(bytes as Buffer)
        .digest(),
    undefined,
  ],
]

const someEntries = (count: number): Uint8Array[] => {
  const all = new Uint8Array(count * ENTRY)
  const view = new DataView(all.buffer)
  return Array.from({ length: count }, (_, i) => {
    view.setUint8(i * ENTRY, 1)
    view.setUint32(i * ENTRY + 1, i)
    return all.subarray(i * ENTRY, (i + 1) * ENTRY)
  })
}

/** Whole trees, from entries to root, until the time is over. */
const rooting =
  (entries: readonly Uint8Array[]): Side =>
  async seconds => {
    const began = performance.now()
    let done = 0
    let elapsed = 0
    for (; done === 0 || elapsed < seconds; elapsed = (performance.now() - began) / 1000) {
      rootOfFrontier(frontierOf(entries))
      done += entries.length
    }
    return { done, seconds: elapsed }
  }

/** Leaves a second that two hashes each would allow: `openssl speed` says how many bytes of 65-byte messages it hashed, by the wall clock as ours. */
const openssl: Side = async seconds => {
  const whole = Math.max(1, Math.round(seconds))
  const args = ['speed', '-evp', 'sha256', '-bytes', '65', '-seconds', String(whole), '-elapsed', '-mr']
  const child = spawn('openssl', args, { stdio: ['ignore', 'pipe', 'ignore'] })
  let text = ''
  child.stdout.on('data', chunk => {
    text += chunk
  })
  const code = await new Promise((done, fail) => {
    child.once('error', fail)
    child.once('close', done)
  })
  // +F:<algorithm number>:<name>:<bytes a second>
  const [, bytes] = /^\+F:\d+:[^:]+:([\d.]+)/m.exec(text) ?? []
  if (code !== 0 || bytes === undefined) throw new Error(`openssl speed ended with ${code} and no figure`)
  return { done: (Number(bytes) / 65 / 2) * whole, seconds: whole }
}

/** A leaf of a tree of 2^20 with 20 siblings, and merkletreejs (prefix 0x01, index passed) on the same proof. */
const someProof = () => {
  const leaf = leafHash(sha256(Uint8Array.of(1)))
  const index = 0b1010_0110_1100_0101_1001n
  const hashes = Array.from({ length: DEPTH }, (_, level) => sha256(Uint8Array.of(2, level)) as Hash)
  const root = hashes.reduce(
    (hash, sibling, level) =>
      (index >> BigInt(level)) % 2n === 1n ? nodeHash(sibling, hash) : nodeHash(hash, sibling),
    leaf,
  )
  const options = { concatenator: ([left, right]: Buffer[]) => Buffer.concat([Buffer.of(1), left!, right!]) }
  const steps = hashes.map((hash, level) => ({
    position: (index >> BigInt(level)) % 2n === 1n ? ('left' as const) : ('right' as const),
    data: Buffer.from(hash),
  }))
  const [theirLeaf, theirRoot] = [Buffer.from(leaf), Buffer.from(root)]
  const theirs = (digest: Digest) => () => MerkleTree.verify(steps, theirLeaf, theirRoot, digest, options)
  return { leaf, index, hashes, root, theirs }
}

const checking =
  (check: () => boolean): Side =>
  async seconds => {
    const began = performance.now()
    let done = 0
    let elapsed = 0
    for (; elapsed < seconds; elapsed = (performance.now() - began) / 1000) {
      for (let i = 0; i < 100; i++) if (!check()) throw new Error('a right proof was refused')
      done += 100
    }
    return { done, seconds: elapsed }
  }
