import { X509Certificate } from 'node:crypto'
import { createAuthority, issueCrl, issueFromCsr, usccAt } from '../../certs/authority.ts'
import { makeCsr, makeKeys } from '../../certs/keys.ts'
import { makeUscc } from '../../core/uscc.ts'
import { type Anchor, validateChain } from '../../core/x509/chain.ts'
import { type Crl, parseCrl } from '../../core/x509/crl.ts'
import { rememberIssuers } from '../../core/x509/remembered.ts'
import { webcryptoVerify } from '../../core/x509/webcrypto.ts'
import { figure, type Row } from './measure.ts'

const LEAVES = 500
const AT_ONCE = 16

/**
 * Chains of three with the lists of both CAs, ES256: each certificate parsed, each signature, validity, profile and standing
 * judged. Warm: issuers and lists have been judged before, every leaf is new. Cold: nothing has.
 */
export const judgeChains = async ({
  seconds,
  rounds,
}: {
  readonly seconds: number
  readonly rounds: number
}): Promise<readonly Row[]> => {
  const { chains, anchors, lists } = await world()
  const at = new Date()
  const crls = lists.map(parseCrl)
  const judgeAll = async (
    one: (chain: readonly Uint8Array[]) => Promise<{ readonly valid: boolean }>,
  ): Promise<number> => {
    const began = performance.now()
    const before = process.cpuUsage()
    let done = 0
    while (performance.now() - began < seconds * 1000) {
      const results = await Promise.all(
        Array.from({ length: AT_ONCE }, (_, i) => one(chains[(done + i) % chains.length]!)),
      )
      if (!results.every(({ valid }) => valid)) throw new Error('a good chain was refused')
      done += AT_ONCE
    }
    // By the processor's time, WebCrypto's threads included: so many on one core, whatever else the machine does.
    const { user, system } = process.cpuUsage(before)
    return done / ((user + system) / 1_000_000)
  }
  const warm = async () => {
    // New for each turn: the leaves must not be remembered from the turn before.
    const issuers = rememberIssuers(webcryptoVerify, 64)
    return judgeAll(chain => validateChain({ chain, anchors, crls, at, ...issuers }))
  }
  const cold = () =>
    judgeAll(chain => {
      const fresh: readonly Crl[] = lists.map(parseCrl)
      return validateChain({ chain, anchors, crls: fresh, at, verify: webcryptoVerify })
    })
  const rates = async (measure: () => Promise<number>): Promise<readonly number[]> => {
    const samples: number[] = []
    for (let round = -1; round < rounds; round++) {
      const rate = await measure()
      if (round >= 0) samples.push(rate)
    }
    return samples
  }
  const anchor = new X509Certificate(anchors[0]!.certificate).publicKey
  const bare = () =>
    judgeAll(async ([leaf, issuing]) => {
      const issuer = new X509Certificate(issuing!)
      return { valid: new X509Certificate(leaf!).verify(issuer.publicKey) && issuer.verify(anchor) }
    })
  const unit = 'chains a core-second'
  return [
    figure({
      what: 'chains of three with lists judged, issuers known',
      unit,
      samples: await rates(warm),
      target: { atLeast: 4_000 },
    }),
    figure({
      what: 'chains of three with lists judged, nothing known',
      unit,
      samples: await rates(cold),
      target: { atLeast: 500 },
    }),
    // Two signatures of three certificates, no list, and nothing judged: what OpenSSL itself takes.
    figure({ what: 'of such chains the signatures alone, by node:crypto', unit, samples: await rates(bare) }),
  ]
}

const world = async () => {
  const now = new Date()
  const authority = await createAuthority({ name: 'Bench', now: new Date(now.getTime() - 3600_000) })
  const content = {
    ...{ revoked: [], number: 1n, thisUpdate: new Date(now.getTime() - 60_000) },
    nextUpdate: new Date(now.getTime() + 3600_000),
  }
  const lists = [await issueCrl(authority.root, content), await issueCrl(authority.issuing, content)]
  const csr = await makeCsr(await makeKeys(), 'bench')
  const subject = {
    ...{ uscc: makeUscc('91440300708461136'), name: '深圳示例医疗' },
    notBefore: new Date(now.getTime() - 60_000),
    notAfter: new Date(now.getTime() + 3600_000),
  }
  const chains: (readonly Uint8Array[])[] = []
  for (let i = 0; i < LEAVES; i++) chains.push((await issueFromCsr(authority, csr, subject)).chain)
  const anchors: readonly Anchor[] = [
    { id: 'bench', certificate: authority.root.certificate, roles: ['bank'], usccAt, crl: 'required' },
  ]
  return { chains, anchors, lists }
}
