import { expect } from 'chai'
import { sha256 } from '#sha256'
import { utf8 } from '../../core/bytes.ts'
import { formatWitnessKey } from '../../core/cosignature.ts'
import { formatVerifierKey } from '../../core/note.ts'
import { parseTrust, type TrustFile } from '../../core/trust.ts'
import { pem } from '../../core/x509/pem.ts'
import { hierarchy } from './x509/forge.ts'

const logKey = (name: string): string => formatVerifierKey({ name, publicKey: sha256(utf8(name)) })
const witnessKey = (name: string): string => formatWitnessKey({ name, publicKey: sha256(utf8(name)) })
const nodeKey = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
} as const

let root: Uint8Array
let other: Uint8Array
before(async () => {
  root = (await hierarchy()).root
  other = (await hierarchy()).root
})

const file = (): TrustFile => ({
  version: 1,
  anchors: [
    { id: 'dev', certificate: pem('CERTIFICATE', root), roles: ['hospital', 'bank'], usccAt: '2.5.4.97', crl: 'none' },
  ],
  nodes: [
    { origin: 'node.example/log', logKey: logKey('node.example/log'), nodeKey, notBefore: '2026-01-01T00:00:00Z' },
  ],
  chains: [
    {
      name: 'embedded',
      chainId: '31337',
      genesis: `0x${'0a'.repeat(32)}`,
      contract: `0x${'0b'.repeat(20)}`,
      codeHash: `0x${'0c'.repeat(32)}`,
      operatorOnly: true,
    },
  ],
  witnesses: { quorum: 1, keys: [witnessKey('witness.example')] },
})

describe('trust file', () => {
  it('is read into the validator’s anchors and the note reader’s keys', () => {
    const trust = parseTrust(JSON.stringify(file()))
    expect(trust.anchors[0]?.certificate).to.deep.equal(root)
    expect(trust.nodes[0]?.logKey.name).to.equal('node.example/log')
    expect(trust.chains[0]).to.include({ chainId: '31337', operatorOnly: true })
  })

  it('requires revocation lists unless it says that there are none', () => {
    const { crl: _, ...anchor } = file().anchors[0]!
    expect(parseTrust(JSON.stringify({ ...file(), anchors: [anchor] })).anchors[0]?.crl).to.equal('required')
  })

  it('may give an origin a new key for a new period', () => {
    const [node] = file().nodes
    const rotated = [
      { ...node, notAfter: '2026-06-01T00:00:00Z' },
      { ...node, notBefore: '2026-06-01T00:00:00Z' },
    ]
    expect(parseTrust(JSON.stringify({ ...file(), nodes: rotated })).nodes).to.have.length(2)
  })

  /** Each change of the good file, and how the message must begin. */
  const wrong: readonly (readonly [string, (good: TrustFile) => unknown, string])[] = [
    ['another version', it => ({ ...it, version: 2 }), 'version'],
    ['an unknown member', it => ({ ...it, note: '' }), 'trust file: Unrecognized key'],
    ['no anchors member', ({ anchors: _, ...it }) => it, 'anchors'],
    ['an anchor that is no PEM', it => anchor(it, { certificate: 'MII' }), 'anchors.0.certificate: no PEM'],
    [
      'two certificates in one anchor',
      it => anchor(it, { certificate: pem('CERTIFICATE', root, other) }),
      'anchors.0.certificate: more',
    ],
    [
      'an anchor that is no certificate',
      it => anchor(it, { certificate: pem('CERTIFICATE', utf8('x')) }),
      'anchors.0.certificate: expected tag',
    ],
    ['an unknown role', it => anchor(it, { roles: ['king'] }), 'anchors.0.roles.0'],
    ['no role', it => anchor(it, { roles: [] }), 'anchors.0.roles'],
    ['a USCC place that is no OID', it => anchor(it, { usccAt: 'organizationIdentifier' }), 'anchors.0.usccAt'],
    ['a revocation rule that does not exist', it => anchor(it, { crl: 'optional' }), 'anchors.0.crl'],
    [
      'one id for two anchors',
      it => ({ ...it, anchors: [it.anchors[0], { ...it.anchors[0], certificate: pem('CERTIFICATE', other) }] }),
      'anchors.1: an anchor id',
    ],
    [
      'one certificate under two ids',
      it => ({ ...it, anchors: [it.anchors[0], { ...it.anchors[0], id: 'b' }] }),
      'anchors.1: a certificate',
    ],
    [
      'a log key of another name',
      it => node(it, { logKey: logKey('other.example') }),
      'nodes.0.logKey: the key is named',
    ],
    [
      'a log key with a wrong id',
      it => node(it, { logKey: logKey('node.example/log').replace(/\+.{8}\+/, '+00000000+') }),
      'nodes.0.logKey',
    ],
    ['a private node key', it => node(it, { nodeKey: { ...nodeKey, d: 'AA' } }), 'nodes.0.nodeKey'],
    ['a node key on another curve', it => node(it, { nodeKey: { ...nodeKey, crv: 'P-384' } }), 'nodes.0.nodeKey.crv'],
    ['a local time', it => node(it, { notBefore: '2026-01-01T00:00:00+08:00' }), 'nodes.0.notBefore'],
    ['an end before the beginning', it => node(it, { notAfter: '2025-01-01T00:00:00Z' }), 'nodes.0.notAfter'],
    ['a node twice', it => ({ ...it, nodes: [it.nodes[0], it.nodes[0]] }), 'nodes.1: an origin'],
    ['a chain id that is a number', it => chain(it, { chainId: 31337 }), 'chains.0.chainId'],
    ['a contract in mixed case', it => chain(it, { contract: `0x${'0B'.repeat(20)}` }), 'chains.0.contract'],
    ['a chain without its genesis', it => chain(it, { genesis: undefined }), 'chains.0.genesis'],
    [
      'a chain name twice',
      it => ({ ...it, chains: [it.chains[0], { ...it.chains[0], chainId: '1' }] }),
      'chains.1: a chain name',
    ],
    [
      'more witnesses asked for than there are',
      it => ({ ...it, witnesses: { ...it.witnesses, quorum: 2 } }),
      'witnesses.quorum',
    ],
    [
      'one witness counted twice',
      it => ({ ...it, witnesses: { quorum: 2, keys: [it.witnesses.keys[0], it.witnesses.keys[0]] } }),
      'witnesses.keys',
    ],
    [
      'a group that could never be met',
      it => ({ ...it, witnesses: { quorum: 1, keys: [], groups: [{ quorum: 2, keys: it.witnesses.keys }] } }),
      'witnesses.quorum',
    ],
    [
      'one witness alone and in a group',
      it => ({ ...it, witnesses: { ...it.witnesses, groups: [{ quorum: 1, keys: it.witnesses.keys }] } }),
      'witnesses.keys',
    ],
    [
      "a log's key as a witness",
      it => ({ ...it, witnesses: { quorum: 1, keys: [it.nodes[0]?.logKey] } }),
      'witnesses.keys.0',
    ],
    [
      "a log's key as its own witness",
      it => node(it, { ownWitnesses: [it.nodes[0]?.logKey] }),
      'nodes.0.ownWitnesses.0',
    ],
  ]
  const anchor = (it: TrustFile, over: object) => ({ ...it, anchors: [{ ...it.anchors[0], ...over }] })
  const node = (it: TrustFile, over: object) => ({ ...it, nodes: [{ ...it.nodes[0], ...over }] })
  const chain = (it: TrustFile, over: object) => ({ ...it, chains: [{ ...it.chains[0], ...over }] })

  for (const [what, change, message] of wrong) {
    it(`with ${what} is refused, naming the place`, () => {
      expect(() => parseTrust(JSON.stringify(change(file()))))
        .to.throw(SyntaxError)
        .with.property('message')
        .that.matches(new RegExp(`^${message.replaceAll('.', '\\.')}`))
    })
  }

  it('with a member twice is refused', () => {
    expect(() => parseTrust(JSON.stringify(file()).replace('{', '{"version":1,'))).to.throw(SyntaxError, 'duplicate')
  })
})
