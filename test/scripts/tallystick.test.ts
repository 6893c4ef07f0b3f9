import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { sql } from 'kysely'
import { makeLogKeyFile } from '../../api/key-files.ts'
import { captureRoutes } from '../../capture/routes.ts'
import { loadAuthority } from '../../certs/authority-files.ts'
import { makeCsr, makeKeys } from '../../certs/keys.ts'
import { parseCompact } from '../../core/jws.ts'
import { formatVerifierKey } from '../../core/note.ts'
import { makeUscc } from '../../core/uscc.ts'
import { parsePem } from '../../core/x509/pem.ts'
import { asNode } from '../../db/database.ts'
import { devKey, startEmbeddedChain } from '../../ledger/chain/embedded.ts'
import { documentRoutes } from '../../receivables/documents/routes.ts'
import { ownerOf } from '../../resolver/register.ts'
import { epcis, scan } from '../capture/node.ts'
import { logKey } from '../ledger/open-ledger.ts'
import { scmsFile } from '../receivables/import/scms-file.ts'
import { makeMachineKey, type Party } from '../support/parties.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { keepingNumbers } from '../support/statements.ts'
import { asProcess, deskOf, expectCouldNotRun, fileOf, keyFileOf, newFolder, tallystick } from './running.ts'

const ubl = new URL('../../scripts/sample/data/ubl/', import.meta.url).pathname

const documentsAndNumbers = (parts: Parameters<typeof keepingNumbers>[0]) => {
  const { appendAll, routes } = keepingNumbers(parts)
  return [...documentRoutes({ ...parts, appendAll, ownerOf }), ...routes]
}

describe('the command line', () => {
  let server: TestServer
  const parties: Record<string, Party> = {}
  const desks: Record<string, string> = {}

  before(async () => {
    server = await startTestServer({
      routes: ({ db, ledger, identity, now }) => [
        ...documentsAndNumbers({ db, now, ledger, signerOf: identity.signerOf }),
        ...captureRoutes({
          ...{ db, now, appendBatch: ledger.appendBatch, receipts: ledger.receipts },
          deviceKey: async () => undefined,
          tradesOf: async () => new Map(),
          unregistered: async () => new Set(),
          enrol: async () => undefined,
          forward: async () => undefined,
          working: new Set(),
        }),
      ],
    })
    for (const role of ['operator', 'distributor', 'hospital'] as const) {
      const party = await server.party(role)
      parties[role] = party
      desks[role] = await deskOf(party)
    }
  })
  after(async () => {
    await server.stop()
    expect(server.faults).to.deep.equal([])
  })

  const at = (who: string) => ['--as', desks[who] ?? '', '--node', server.url]
  const records = async (type: string) =>
    asNode(server.db, async tx => {
      const { rows } = await sql<{ n: bigint }>`select count(*) as n from records where type = ${type}`.execute(tx)
      return Number(rows[0]?.n)
    })

  it('says what it can when asked, and only that', async () => {
    const { code, out } = await tallystick(['--help'])
    expect(code).to.equal(0)
    for (const name of ['verify', 'import', 'sign', 'authorize', 'org', 'certs', 'deploy', 'fsck']) {
      expect(out.join('\n')).to.match(new RegExp(`^  ${name} `, 'm'))
    }
  })

  it('ends with 2 and one line where it is not understood', async () => {
    expectCouldNotRun(await tallystick(['dance']), "unknown command 'dance'")
    expectCouldNotRun(await tallystick(['verify']), "missing required argument 'bundle'")
    expectCouldNotRun(await tallystick(['verify', 'b', '--colour', 'red']), "unknown option '--colour'")
    expectCouldNotRun(await tallystick(['org', 'list', '--as', 'x', '--node', 'ftp://x']), 'takes an http or https')
  })

  it('as a process ends with the same code and the line on standard error', async () => {
    const { code, out, error } = await asProcess('verify', '/no/such/bundle')
    expect({ code, out, error }).to.deep.equal({
      code: 2,
      out: '',
      error: '/no/such/bundle: can not be read (ENOENT)\n',
    })
  })

  it('ends with 2 and one line where no node answers, or a desk is not there', async () => {
    const desk = desks.operator ?? ''
    expectCouldNotRun(await tallystick(['org', 'list', '--as', desk, '--node', 'http://127.0.0.1:1']), 'can not reach')
    expectCouldNotRun(await tallystick(['org', 'list', '--as', '/no/desk']), /^\/no\/desk\/key\.pem: can not be read/)
  })

  describe('org', () => {
    const uscc = makeUscc('91440300708461136')

    it('adds an organization, whose key is made here and never leaves', async () => {
      const folder = join(await newFolder(), 'new')
      const args = ['org', 'add', uscc, '示例医疗', '--role', 'distributor', '--role', 'manufacturer', '--keys', folder]
      const { code, out, error } = await tallystick([...args, '--json', ...at('operator')])
      expect({ code, error }).to.deep.equal({ code: 0, error: [] })
      expect(JSON.parse(out[0] ?? '')).to.deep.include({ uscc, roles: ['distributor', 'manufacturer'], hosted: true })
      expect((await stat(join(folder, 'key.pem'))).mode & 0o777).to.equal(0o600)
      const listed = await tallystick(['org', 'list', '--as', folder, '--node', server.url])
      expect(listed.code, 'signs in with what was written').to.equal(0)
      expect(listed.out.join('\n')).to.contain(uscc)
      expectCouldNotRun(await tallystick([...args, ...at('operator')]), 'has a key already')
    })

    it('refuses as the node does, in one line', async () => {
      const args = ['org', 'add', uscc, 'x', '--role', 'bank', ...at('operator')]
      expectCouldNotRun(await tallystick(args), /^ORGANIZATION_EXISTS: /)
      expectCouldNotRun(await tallystick([...args.slice(0, -4), ...at('hospital')]), /^ROLE_FORBIDDEN: /)
      expectCouldNotRun(
        await tallystick(['org', 'add', uscc, 'x', '--role', 'king', ...at('operator')]),
        'no role king',
      )
    })

    it('gives it another key', async () => {
      const folder = join(await newFolder(), 'second')
      const { code } = await tallystick(['org', 'rekey', uscc, '--keys', folder, ...at('operator')])
      expect(code).to.equal(0)
      expect((await tallystick(['org', 'list', '--as', folder, '--node', server.url])).code).to.equal(0)
    })

    it('invites another by a link, with which that one makes its own key, once', async () => {
      const invited = makeUscc('91440300708461199')
      const asked = ['org', 'invite', invited, '受邀医疗', '--role', 'distributor', '--hours', '1', ...at('operator')]
      const { code, out } = await tallystick(asked)
      expect(code).to.equal(0)
      const [link = '', until] = out
      expect(until).to.match(/^for 受邀医疗 alone: .* until \d{4}-/)
      expect((await tallystick(['org', 'invitations', ...at('operator')])).out.join()).to.contain('open until')
      const folder = join(await newFolder(), 'invited')
      const joined = await tallystick(['org', 'join', link, '--keys', folder])
      expect(joined).to.deep.include({ code: 0, error: [] })
      expect((await stat(join(folder, 'key.pem'))).mode & 0o777).to.equal(0o600)
      expect((await tallystick(['org', 'list', '--as', folder, '--node', server.url])).code).to.equal(0)
      expect((await tallystick(['org', 'invitations', ...at('operator')])).out.join()).to.contain('came in at')
      const other = join(await newFolder(), 'other')
      expectCouldNotRun(await tallystick(['org', 'join', link, '--keys', other]), /^INVITATION_UNKNOWN: /)
      expectCouldNotRun(await tallystick(['org', 'join', server.url, '--keys', other]), 'the link is not whole')
    })

    it('takes an invitation back', async () => {
      const invited = makeUscc('91440300708461180')
      const args = ['org', 'invite', invited, '受邀医疗', '--role', 'bank', '--json', ...at('operator')]
      const { id, link } = JSON.parse((await tallystick(args)).out[0] ?? '') as { id: string; link: string }
      const withdrawn = await tallystick(['org', 'invitations', '--withdraw', id, ...at('operator')])
      expect(withdrawn.out.join()).to.contain('withdrawn at')
      expectCouldNotRun(await tallystick(['org', 'join', link, '--keys', await newFolder()]), /^INVITATION_UNKNOWN: /)
    })

    it('renews its own key, which acts beside the old one until that is given up', async () => {
      const invited = makeUscc('91440300708461172')
      const [link = ''] = (
        await tallystick(['org', 'invite', invited, '受邀医疗', '--role', 'bank', ...at('operator')])
      ).out
      const [old, next] = [join(await newFolder(), 'old'), join(await newFolder(), 'next')]
      await tallystick(['org', 'join', link, '--keys', old])
      const node = ['--node', server.url]
      const renewed = await tallystick(['org', 'renew', '--as', old, '--keys', next, ...node])
      expect(renewed).to.deep.include({ code: 0, error: [] })
      const list = async (as: string) => (await tallystick(['org', 'list', '--as', as, ...node])).code
      expect([await list(old), await list(next)]).to.deep.equal([0, 0])
      const given = ['certs', 'surrender', '--as', next, '--of', old, '--reason', 'superseded', ...node]
      expect((await tallystick(given)).out.join()).to.match(/ revoked at .*: superseded$/)
      expectCouldNotRun(await tallystick(['org', 'list', '--as', old, ...node]), /^CERTIFICATE_REVOKED: /)
      expect(await list(next)).to.equal(0)
    })

    it('suspends it, and takes that back', async () => {
      const suspended = await tallystick(['org', 'suspend', uscc, ...at('operator')])
      expect(suspended.out.join()).to.contain('suspended since')
      const lifted = await tallystick(['org', 'suspend', uscc, '--lift', '--json', ...at('operator')])
      expect(JSON.parse(lifted.out[0] ?? '')).to.deep.include({ uscc, suspendedAt: null })
    })
  })

  describe('certs', () => {
    it('makes a CA in a new folder, and never over one', async () => {
      const folder = join(await newFolder(), 'ca')
      expect((await tallystick(['certs', 'init', folder, '--name', 'Test'])).code).to.equal(0)
      expect(await loadAuthority(folder)).to.have.all.keys('root', 'issuing')
      const before = await readFile(join(folder, 'root.key.pem'), 'utf8')
      expectCouldNotRun(await tallystick(['certs', 'init', folder, '--name', 'Test']), 'holds something already')
      expect(await readFile(join(folder, 'root.key.pem'), 'utf8')).to.equal(before)
    })

    it('certifies a key, revokes it, and finds it on the list', async () => {
      const csr = await fileOf('request.pem', await makeCsr(await makeKeys(), 'x'))
      const uscc = parties.distributor?.uscc ?? ''
      const issued = await tallystick(['certs', 'issue', uscc, '--csr', csr, ...at('operator')])
      expect(issued.code).to.equal(0)
      expect(parsePem('CERTIFICATE', `${issued.out.join('\n')}\n`)).to.have.lengthOf(2)
      const thumbprint = (await thumbprintOf(issued.out.join('\n'))) ?? ''
      const revoked = await tallystick([
        ...['certs', 'revoke', '--thumbprint', thumbprint, '--reason', 'superseded', '--json'],
        ...at('operator'),
      ])
      if (revoked.code !== 0) throw new Error(revoked.error.join())
      const { serial } = JSON.parse(revoked.out[0] ?? '') as { serial: string }
      const list = await tallystick(['certs', 'crl', '--node', server.url, '--json'])
      const listed = (JSON.parse(list.out[0] ?? '') as { revoked: { serial: string; reason: string }[] }).revoked
      expect(listed.find(it => it.serial === serial)?.reason).to.equal('superseded')
    })

    it('refuses a reason that there is not, and an unknown certificate', async () => {
      const args = ['certs', 'revoke', '--serial', 'ab12', '--reason']
      expectCouldNotRun(await tallystick([...args, 'boredom', ...at('operator')]), 'boredom')
      expectCouldNotRun(await tallystick([...args, 'superseded', ...at('operator')]), /^NOT_FOUND: /)
    })
  })

  describe('import', () => {
    it('of a delivery history says which lines it rejects and why, and sends nothing without --as', async () => {
      const file = await fileOf('scms.csv', scmsFile([{}, { quantity: 'many' }, { order: 'SO-2', shipment: 'DN-2' }]))
      const { code, out, error } = await tallystick(['import', 'scms', file])
      expect(code).to.equal(1)
      expect(error).to.deep.equal(['line 3 (ID 2): the quantity is not a number of packs above zero: many'])
      expect(out[0]).to.equal('3 lines: 2 accepted, 1 rejected, 2 chosen')
      expect(out.at(-1)).to.match(/^Dry run/)
      const machine = await tallystick(['import', 'scms', file, '--json'])
      expect(machine.error).to.deep.equal([])
      expect(JSON.parse(machine.out.join(''))).to.deep.include({
        lines: 3,
        accepted: 2,
        orders: 2,
        rejected: [{ line: 3, id: '2', reason: 'QUANTITY', value: 'many' }],
      })
    })

    it('of a delivery history registers its documents under the vendor’s signature, once', async () => {
      const file = await fileOf('scms.csv', scmsFile([{}, { order: 'SO-2', shipment: 'DN-2' }]))
      const args = ['import', 'scms', file, '--buyer', parties.hospital?.uscc ?? '', '--prefix', '6901234']
      const before = await records('document')
      const first = await tallystick([...args, ...at('distributor')])
      expect(first.error).to.deep.equal([])
      expect(first.out.at(-1)).to.match(/^6 documents registered, 0 were held already/)
      expect(first.progress.at(-1)).to.match(/ 6\/6$/)
      const again = await tallystick([...args, ...at('distributor')])
      expect(again.out.at(-1)).to.match(/^0 documents registered, 6 were held already/)
      expect((await records('document')) - before).to.equal(6)
    })

    it('of several vendors under one signature is refused', async () => {
      const file = await fileOf('scms.csv', scmsFile([{}, { vendor: 'ANOTHER' }]))
      const args = ['import', 'scms', file, '--buyer', parties.hospital?.uscc ?? '', '--prefix', '6901234']
      expectCouldNotRun(await tallystick([...args, ...at('distributor')]), 'there are 2')
      expectCouldNotRun(await tallystick([...args.slice(0, 3), ...at('distributor')]), 'takes --buyer and --prefix')
    })

    it('of UBL leaves to each party what is its to sign', async () => {
      const files = (await readdir(ubl)).map(file => join(ubl, file))
      const { distributor, hospital } = parties
      const who = ['--seller', distributor?.uscc ?? '', '--buyer', hospital?.uscc ?? '', '--prefix', '6905678']
      const dry = await tallystick(['import', 'ubl', ...files, ...who])
      expect(dry.code).to.equal(0)
      expect(dry.out.filter(it => / of \d{4}-\d\d-\d\d, \d+ lines: /.test(it))).to.have.lengthOf(5)
      // The example is older than EN 16931, and is told so.
      expect(dry.out.join('\n')).to.match(
        /Invoice-2\.0-Example\.xml breaks BR-CO-04 at InvoiceLine: each line has a VAT category/,
      )
      const selling = await tallystick(['import', 'ubl', ...files, ...who, ...at('distributor')])
      expect(selling.error).to.deep.equal([])
      expect(selling.out.at(-1)).to.equal('4 documents registered, 0 were held already, 1 are another party’s to sign')
      const buying = await tallystick(['import', 'ubl', ...files, ...who, '--json', ...at('hospital')])
      expect(JSON.parse(buying.out.join(''))).to.deep.include({ registered: 1, held: 0, left: 4 })
    })

    it('of a file that is no 数电票 names the file', async () => {
      const file = await fileOf('order.xml', '<Order/>')
      expectCouldNotRun(await tallystick(['import', 'efapiao', file]), 'order.xml: the file is no 数电票')
    })

    it('of a file that is no UBL names the file', async () => {
      const file = await fileOf('bad.xml', '<!DOCTYPE x><x/>')
      const who = [
        '--seller',
        parties.distributor?.uscc ?? '',
        '--buyer',
        parties.hospital?.uscc ?? '',
        '--prefix',
        '6905678',
      ]
      expectCouldNotRun(
        await tallystick(['import', 'ubl', file, ...who]),
        /bad\.xml: the file declares a document type/,
      )
    })

    it('of EPCIS tells problems by their place, and captures what is right', async () => {
      const bad = await fileOf('bad.json', JSON.stringify(epcis(scan(100), scan(101, { eventTime: 'noon' }))))
      const judged = await tallystick(['import', 'epcis', bad, ...at('hospital')])
      expect(judged.code).to.equal(1)
      expect(judged.error.join()).to.contain('/epcisBody/eventList/1/eventTime')
      expect(await records('event')).to.equal(0)
      const good = await fileOf('good.json', JSON.stringify(epcis(scan(100))))
      const { code, out } = await tallystick(['import', 'epcis', good, ...at('hospital')])
      expect([code, out.at(-1)]).to.satisfy(([c, line]: [number, string]) => c === 0 && line.startsWith('Captured: '))
      expect(await records('event')).to.equal(1)
      const device = await keyFileOf((await makeMachineKey()).key)
      const signed = await tallystick(['import', 'epcis', good, '--device', device, '--seq', '1', ...at('hospital')])
      expectCouldNotRun({ ...signed, out: [] }, /^KEY_UNKNOWN: /)
    })
  })

  describe('sign', () => {
    it('signs an act under its own typ and nothing else’s', async () => {
      const file = await fileOf('decision.json', '{"b":1,"a":2}')
      const { code, out } = await tallystick(['sign', 'decision', file, '--as', desks.distributor ?? ''])
      const jws = parseCompact(out.join(''))
      if (!jws.ok) throw new Error(jws.detail)
      expect(code).to.equal(0)
      expect(jws.header.typ).to.equal('tallystick.decision+jws')
      expect(new TextDecoder().decode(jws.payload)).to.equal('{"a":2,"b":1}')
    })

    it('signs no document that no node would take, and no file with a member twice', async () => {
      const as = ['--as', desks.distributor ?? '']
      const file = await fileOf('d.json', JSON.stringify({ kind: 'order', lines: [] }))
      expectCouldNotRun(await tallystick(['sign', 'document', file, ...as]), /^\//)
      const twice = await fileOf('t.json', '{"a":1,"a":2}')
      expectCouldNotRun(await tallystick(['sign', 'question', twice, ...as]), 'duplicate member')
      expectCouldNotRun(await tallystick(['sign', 'log-receipt', twice, ...as]), 'log-receipt')
    })
  })

  describe('fsck', () => {
    const env = () => ({ DATABASE_URL: server.database.url, LOG_ORIGIN: logKey.name })
    const trustFile = () =>
      fileOf(
        'trust.json',
        JSON.stringify({
          ...{ version: 1, anchors: [], chains: [], witnesses: { quorum: 0, keys: [] } },
          nodes: [
            {
              origin: logKey.name,
              logKey: formatVerifierKey(logKey),
              nodeKey: server.nodeKey.jwk,
              notBefore: '2020-01-01T00:00:00Z',
            },
          ],
        }),
      )

    it('finds nothing in a sound log, and says what it saw and how far it is', async () => {
      await server.ledger.sign()
      const { code, out, progress } = await tallystick(['fsck', '--json', '--trust', await trustFile()], env())
      const size = String(await server.ledger.size())
      const check = JSON.parse(out.join('')) as object
      expect([code, check]).to.deep.equal([0, { ...check, origin: logKey.name, size, erased: '0', findings: [] }])
      expect(progress.at(-1)).to.match(new RegExp(` ${size}/${size}$`))
    })

    it('ends with 1 where the log is another one than the key says', async () => {
      const file = join(await newFolder(), 'log.key')
      await makeLogKeyFile(file)
      const { code, out } = await tallystick(['fsck'], { ...env(), LOG_KEY_FILE: file })
      expect(code).to.equal(1)
      expect(out[0]).to.match(/^CHECKPOINT_SIGNATURE at 0: /)
      expect(out.at(-1)).to.match(/ entries, 0 erased, \d+ checkpoints, 0 anchors, [1-9]\d* findings$/)
    })

    it('names the variable that is missing', async () => {
      expectCouldNotRun(await tallystick(['fsck']), /^DATABASE_URL: not set/)
      const env = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }
      expectCouldNotRun(await tallystick(['fsck'], env), /^LOG_ORIGIN: not set/)
      expectCouldNotRun(await tallystick(['fsck', '--origin', 'x'], env), /^LOG_KEY_FILE: not set/)
    })
  })

  describe('deploy', () => {
    it('puts the contract on a chain and prints what others pin, but not on another chain than meant', async () => {
      const chain = await startEmbeddedChain({ host: '127.0.0.1', port: 0 })
      try {
        const key = await fileOf('chain.key', `${devKey('deployer')}\n`)
        const args = ['deploy', '--rpc', chain.url, '--key', key, '--chain-id']
        const { code, out } = await tallystick([...args, String(chain.chainId)])
        expect(code).to.equal(0)
        expect(JSON.parse(out[0] ?? '')).to.have.all.keys('chainId', 'genesis', 'contract', 'codeHash', 'block')
        expectCouldNotRun(await tallystick([...args, '12345']), 'expected chain 12345')
        const wrong = await fileOf('wrong.key', 'hunter2')
        const refused = await tallystick(['deploy', '--rpc', chain.url, '--chain-id', '1', '--key', wrong])
        expectCouldNotRun(refused, 'not a private key')
        expect(refused.error.join()).not.to.contain('hunter2')
      } finally {
        await chain.close()
      }
    })
  })
})

const thumbprintOf = async (chain: string): Promise<string> => {
  const [leaf] = parsePem('CERTIFICATE', `${chain}\n`)
  return Buffer.from(await crypto.subtle.digest('SHA-256', new Uint8Array(leaf))).toString('base64url')
}
