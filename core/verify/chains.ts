import { type Demand, demandedMatters, isNamed } from '../authorization/matters.ts'
import type { Authorization } from '../authorization.ts'
import type { Bundle } from '../bundle.ts'
import { fromBase64url, hex } from '../bytes.ts'
import { type Place, readProtected } from '../jws.ts'
import { aboutOf, hashOfHalves, isNumbered, matterOf, statementHash } from '../statement.ts'
import { statementsIn } from '../statements-in.ts'
import { typ } from '../typ.ts'
import type { Head } from './heads.ts'
import type { Opened } from './records.ts'

/** What the statements of one signer on one matter come to. */
export type Chain = Demand & {
  /** On whose word the end of it stands; `none`: nobody's. */
  readonly word: Head['word'] | 'none'
  /** Of the head. */
  readonly at: string | undefined
  /** Number of the latest statement, by the head or by what is shown. */
  readonly seq: number
  /** `broken`: something is missing or contradicts; `withheld`: counted, but not covered by the agreement. */
  readonly state: 'whole' | 'withheld' | 'broken'
  /** One sentence. */
  readonly detail: string
  /** Hex commitment of the record that holds the latest statement, when it is shown. */
  readonly latest: string | undefined
}

type Shown = {
  readonly signer: string
  readonly about: string | undefined
  readonly hash: string
  readonly place: Place | undefined
  /** Undefined for a withheld one. */
  readonly record: string | undefined
  /** Code, of an invoice. */
  readonly invoice?: string | undefined
}

type Facts = Pick<Bundle, 'application' | 'withheld'>

/**
 * Walks from each head back to statement 1, through what is shown and what is withheld. `stray` are withheld statements
 * that no walk came by.
 */
export const statementChains = (
  bundle: Facts,
  opened: readonly Opened[],
  authorization: Authorization,
  heads: readonly Head[],
): { readonly chains: readonly Chain[]; readonly stray: number } => {
  const shown = opened.flatMap(shownIn)
  const withheld = bundle.withheld.map(withheldOf)
  const used = new Set<string>()
  const chains = demandedMatters(authorization, tradesIn(bundle, opened)).map(demand => {
    const by = shown.filter(({ signer }) => signer === demand.signer)
    const byHash = new Map([...withheld, ...by].map(it => [it.hash, it]))
    const said = heads.filter(({ signer }) => signer === demand.signer)
    const about = isNamed(demand) ? aboutOf(demand) : aboutInvoice(demand, by, said, byHash)
    if (about === undefined) return unnamed(demand)
    const { chain, passed } = walk(
      demand,
      by.filter(it => it.about === about),
      said.filter(it => it.about === about),
      byHash,
    )
    for (const hash of passed) used.add(hash)
    return chain
  })
  return { chains, stray: withheld.filter(({ hash }) => !used.has(hash)).length }
}

const tradesIn = ({ application }: Facts, opened: readonly Opened[]) =>
  application.invoices.flatMap(id => {
    const content = opened.find(it => it.id === id)?.content
    if (content?.type !== 'document') return []
    const { parties, code, order } = content.document
    const shown = typeof order === 'string'
    return [{ ...parties, order: shown ? order : undefined, joined: shown, invoice: code }]
  })

/** Which matter a head must be about, when one of its statements is this invoice and the order's code is withheld. */
const aboutInvoice = (
  { invoice }: Demand,
  by: readonly Shown[],
  said: readonly Head[],
  byHash: ReadonlyMap<string, Shown>,
): string | undefined => {
  const own = new Set(by.filter(it => it.invoice === invoice).map(({ hash }) => hash))
  return said.find(({ hash }) => {
    let at = hash && byHash.get(hex(fromBase64url(hash)))
    while (at && !own.has(at.hash)) at = previous(at, byHash)
    return at !== undefined
  })?.about
}

/** Numbers fall on the way, so that no ring of stubs keeps anybody walking. */
const previous = (at: Shown, byHash: ReadonlyMap<string, Shown>): Shown | undefined => {
  const before = at.place?.prev === undefined ? undefined : byHash.get(hex(fromBase64url(at.place.prev)))
  return before !== undefined && seqOf(before) < seqOf(at) ? before : undefined
}

const unnamed = (demand: Demand): Chain => ({
  ...demand,
  ...{ word: 'none', at: undefined, seq: 0, state: 'withheld', latest: undefined },
  detail: 'the code of the order is withheld, and no head leads to this invoice',
})

type Walked = { readonly chain: Chain; readonly passed: readonly string[] }

const walk = (
  demand: Demand,
  own: readonly Shown[],
  said: readonly Head[],
  byHash: ReadonlyMap<string, Shown>,
): Walked => {
  const furthest = furthestOf(said)
  const last = own.reduce<Shown | undefined>((best, it) => (seqOf(it) > seqOf(best) ? it : best), undefined)
  // A statement shown is itself the signer's word that it has come so far.
  const fromShown = last !== undefined && seqOf(last) > (furthest?.seq ?? 0)
  const seq = fromShown ? seqOf(last) : (furthest?.seq ?? 0)
  const passed: string[] = []
  const base = { ...demand, word: furthest?.word ?? 'none', at: furthest?.at, seq } as const
  const broken = (detail: string): Walked => ({
    chain: { ...base, state: 'broken', detail, latest: undefined },
    passed,
  })

  if (own.some(({ place }) => place === undefined)) return broken('a statement carries no number')
  let expected = fromShown ? last.hash : furthest?.hash && hex(fromBase64url(furthest.hash))
  let latest: string | undefined
  const hidden: number[] = []
  for (let number = seq; number >= 1; number--) {
    const at = expected === undefined ? undefined : byHash.get(expected)
    if (at === undefined) return broken(`statement ${number} of ${seq} is not in the bundle`)
    if (seqOf(at) !== number) return broken(`statement ${seqOf(at)} stands where ${number} belongs`)
    if (
      said.some(head => head.seq === number && head.hash !== undefined && hex(fromBase64url(head.hash)) !== at.hash)
    ) {
      return broken(`two statements bear the number ${number}: the signer contradicts itself`)
    }
    passed.push(at.hash)
    if (at.record === undefined) hidden.push(number)
    if (number === seq) latest = at.record
    expected = at.place?.prev === undefined ? undefined : hex(fromBase64url(at.place.prev))
  }
  const other = own.find(({ hash }) => !passed.includes(hash))
  if (other !== undefined)
    return broken(`two statements bear the number ${seqOf(other)}: the signer contradicts itself`)
  if (hidden.length > 0 && demand.kind === 'authorization') {
    return broken(`statement ${hidden[0]} of ${seq} is not shown, and no agreement withholds it`)
  }
  if (hidden.length > 0) {
    const detail = `statement ${hidden.sort((a, b) => a - b).join(', ')} of ${seq} is withheld: the agreement does not cover it`
    return { chain: { ...base, state: 'withheld', detail, latest }, passed }
  }
  return { chain: { ...base, state: 'whole', detail: `all ${seq} statements are shown`, latest }, passed }
}

const seqOf = (it: Shown | undefined): number => it?.place?.seq ?? 0

/** The signer's own word before the node's; of these the furthest, and the newest. */
const furthestOf = (said: readonly Head[]): Head | undefined => {
  const rank = ({ word, seq, at }: Head) => [word === 'signer' ? 1 : 0, seq, Date.parse(at)] as const
  return said.reduce<Head | undefined>((best, it) => {
    if (best === undefined) return it
    const [a, b] = [rank(it), rank(best)]
    const decides = a.findIndex((value, i) => value !== b[i])
    return decides !== -1 && a[decides]! > b[decides]! ? it : best
  }, undefined)
}

const shownIn = ({ record, content, id }: Opened): readonly Shown[] => {
  if (content === undefined) return []
  const who = signersOf(content)
  return statementsIn(record).flatMap((jws, i): Shown[] => {
    const signer = who[i]
    if (signer === undefined || !isNumbered(jws.header.typ)) return []
    const matter = mattersOf(content)
    const about = matter && aboutOf(matter)
    const invoice =
      content.type === 'document' && content.document.kind === 'invoice' ? content.document.code : undefined
    return [{ signer, about, hash: hex(statementHash(jws)), place: jws.header.place, record: id, invoice }]
  })
}

type Content = NonNullable<Opened['content']>

/** By whom each statement in a record must be; whether it is, the signature's own step says. */
const signersOf = (content: Content): readonly string[] => {
  switch (content.type) {
    case 'document':
      return [content.document.iss]
    case 'confirmation':
      return [content.answer.opened.buyer]
    case 'authorization':
      return [content.authorization.subject.uscc, content.authorization.grantee.uscc]
    case 'authorization-state':
      return [content.move.by]
    default:
      return []
  }
}

const mattersOf = (content: Content) => {
  switch (content.type) {
    case 'document':
      return matterOf(typ.document, content.document)
    case 'confirmation':
      return matterOf(typ.confirmation, content.answer)
    case 'authorization':
      return matterOf(typ.authorization, content.authorization)
    case 'authorization-state':
      return { kind: 'authorization', id: content.move.authorization } as const
    default:
      return undefined
  }
}

const withheldOf = ({ header, payload }: Bundle['withheld'][number]): Shown => {
  const read = readProtected(header)
  return {
    signer: '',
    about: undefined,
    hash: hex(hashOfHalves(header, fromBase64url(payload))),
    place: read.ok && isNumbered(read.header.typ) ? read.header.place : undefined,
    record: undefined,
  }
}
