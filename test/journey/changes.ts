import type { Bundle, BundleAnchor, BundledType } from '../../core/bundle.ts'
import type { StepName } from '../../core/verify/step.ts'

/** Makes one thing in a bundle another than it was. */
export type Change = (bundle: Bundle) => void
type Edit = (text: string) => string

/** Another character of the same alphabet, away from the ends, whose bits may be padding. */
const at =
  (position: number): Edit =>
  text =>
    `${text.slice(0, position)}${text[position] === 'A' ? 'B' : 'A'}${text.slice(position + 1)}`
const middle: Edit = text => at(Math.floor(text.length / 2))(text)
export const late: Edit = text => at(text.length - 20)(text)
/** In the header of a signature, its first part, where the certificates are. */
const certificate: Edit = jws => at(Math.floor(jws.indexOf('.') / 2))(jws)
export const digit = (text: string, position = text.length - 1): string =>
  `${text.slice(0, position)}${text[position] === '1' ? '2' : '1'}${text.slice(position + 1)}`
const anyDigit: Edit = text => text.replace(/\d/, found => (found === '1' ? '2' : '1'))
const line =
  (number: number, edit: Edit): Edit =>
  note =>
    note
      .split('\n')
      .map((text, i) => (i === number ? edit(text) : text))
      .join('\n')
const firstOf = (list: readonly string[] | undefined, edit: Edit): string[] =>
  (list ?? []).map((text, i) => (i === 0 ? edit(text) : text))

const record =
  (type: BundledType, member: 'body' | 'salt' | 'proof', edit: Edit): Change =>
  ({ records }) => {
    const found = records.find(it => it.type === type)
    if (found) found[member] = edit(found[member])
  }
const whole =
  (member: 'checkpoint' | 'registry' | 'policy' | 'report' | 'seal', edit: Edit): Change =>
  it => {
    it[member] = edit(it[member] ?? '')
  }
/** Of a head that is not the checkpoint itself. */
export const anchor =
  (edit: (anchor: BundleAnchor) => Partial<BundleAnchor>): Change =>
  ({ anchors }) => {
    const found = anchors.find(({ consistency }) => consistency.length > 0)
    if (found) Object.assign(found, edit(found))
  }
const capture =
  (edit: (capture: Bundle['captures'][number]) => Partial<Bundle['captures'][number]>): Change =>
  ({ captures: [first] }) => {
    if (first) Object.assign(first, edit(first))
  }

export const resealable: readonly (readonly [what: string, step: StepName, change: Change])[] = [
  ...(['document', 'endorsement', 'question', 'confirmation', 'application'] as const).flatMap(
    type =>
      [
        [`the body of the ${type}`, 'inclusion', record(type, 'body', middle)],
        [`the signature of the ${type}`, 'signature', record(type, 'body', late)],
        [`a certificate in the ${type}`, 'inclusion', record(type, 'body', certificate)],
      ] as const,
  ),
  ['the body of an event', 'capture', record('event', 'body', anyDigit)],
  ['the authorization', 'authorization', record('authorization', 'body', late)],
  ['a state of the authorization', 'authorization', record('authorization-state', 'body', late)],
  ['the salt of a document', 'inclusion', record('document', 'salt', at(5))],
  ['the salt of an event', 'inclusion', record('event', 'salt', at(5))],
  [
    'a disclosure',
    'disclosures',
    ({ records }) => {
      const found = records.find(it => it.disclosures?.length)
      if (found) found.disclosures = firstOf(found.disclosures, at(20))
    },
  ],
  ['a hash of a proof', 'inclusion', record('document', 'proof', line(2, at(5)))],
  ['the index in a proof', 'inclusion', record('document', 'proof', line(1, digit))],
  ['the head in a proof', 'inclusion', record('document', 'proof', late)],
  ['the signature of a device', 'capture', capture(it => ({ jws: late(it.jws) }))],
  ['a commitment that a device signed', 'capture', capture(it => ({ digests: firstOf(it.digests, digit) }))],
  ['the root of the checkpoint', 'checkpoint', whole('checkpoint', line(2, at(5)))],
  ['the size of the checkpoint', 'checkpoint', whole('checkpoint', line(1, digit))],
  ['the signature of the checkpoint', 'checkpoint', whole('checkpoint', line(4, late))],
  ['the cosignature of a witness', 'witnesses', whole('checkpoint', line(5, late))],
  ['the root of an anchor', 'consistency', anchor(it => ({ root: at(5)(it.root) }))],
  ['the size of an anchor', 'consistency', anchor(it => ({ size: digit(it.size, 0) }))],
  ['a consistency proof', 'consistency', anchor(it => ({ consistency: firstOf(it.consistency, at(5)) }))],
  [
    'the revocation lists',
    'signature',
    it => {
      it.crls = it.crls.map(late)
    },
  ],
  [
    'a status head',
    'status head',
    it => {
      it.heads = firstOf(it.heads, late)
    },
  ],
  ['the registry’s statement', 'registry', whole('registry', middle)],
  ['the signature of the registry’s statement', 'registry', whole('registry', late)],
  ['the policy', 'policy', whole('policy', anyDigit)],
  ['the report', 'report', whole('report', middle)],
  ['the signature of the report', 'report', whole('report', late)],
  [
    'the application’s mode',
    'application',
    it => {
      it.application.mode = '信用贷'
    },
  ],
]

/** What stands on the node's seal alone, until a chain is asked. */
export const sealedOnly: readonly Change[] = [
  it => {
    it.createdAt = it.createdAt.replace(/\d\d\dZ$/, ms => (ms === '111Z' ? '222Z' : '111Z'))
  },
  anchor(it => ({ transaction: digit(it.transaction) })),
  anchor(it => ({ blockHash: digit(it.blockHash) })),
  anchor(it => ({ contract: digit(it.contract) })),
  anchor(it => ({ at: it.at.replace(/\d\d\dZ$/, ms => (ms === '111Z' ? '222Z' : '111Z')) })),
  it => {
    it.anchors = it.anchors.slice(1)
  },
  whole('seal', late),
]
