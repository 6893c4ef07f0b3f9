import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { parseBundle } from '../../core/bundle.ts'
import { fromBase64, hex } from '../../core/bytes.ts'
import { parseCheckpoint } from '../../core/checkpoint.ts'
import { Refusal } from '../../core/errors.ts'
import { asHash, leafHash, rootOf } from '../../core/merkle.ts'
import { parseNote } from '../../core/note.ts'
import { type Report, reportSchema } from '../../core/report/report.ts'
import { joinSdJwt, parseSdJwt } from '../../core/sd-jwt.ts'
import { decodeBundle } from '../../core/tile.ts'
import { get, post, until } from '../../scripts/sample/actor.ts'
import { answer, apply, report } from '../../scripts/sample/money.ts'
import { verify } from '../../scripts/verify.ts'
import { type Player, type Stage, setStage } from './stage.ts'

type Items<Item> = { readonly items: readonly Item[]; readonly next: string | null }
type ReportRow = { readonly id: string; readonly application: string; readonly verdict: string }

describe('the sample case, played by its parties over the public API of two nodes', function () {
  this.timeout(120_000)
  let stage: Stage
  before(async () => {
    stage = await setStage()
  })
  after(() => stage?.remove())

  const read = async <Reply>(player: Player, path: string): Promise<Reply> =>
    get<Reply>(await stage.actor(player), path)
  const all = async <Item>(player: Player, path: string): Promise<Item[]> => {
    const items: Item[] = []
    for (let after = ''; ; ) {
      const page = await read<Items<Item>>(player, `${path}limit=100${after}`)
      items.push(...page.items)
      if (page.next === null) return items
      after = `&after=${page.next}`
    }
  }
  const refusal = async (player: Player, path: string, body?: object): Promise<string> => {
    const actor = await stage.actor(player)
    return (body ? post(actor, path, body) : get(actor, path)).then(
      () => 'nothing was refused',
      error => (error instanceof Refusal ? error.code : String(error)),
    )
  }
  const reports = async (): Promise<(ReportRow & { report: Report })[]> => {
    const rows = await all<ReportRow>('bank', '/api/v1/reports?')
    return Promise.all(
      rows.map(async row => {
        const { report: made } = await read<{ report: unknown }>('bank', `/api/v1/reports/${row.id}`)
        return { ...row, report: reportSchema.parse(made) }
      }),
    )
  }
  const of = async (number: string) =>
    (await reports()).filter(it => it.report.receivables.some(one => one.number === number))
  const verified = async (args: { bundle?: string; trust?: string | undefined; rpc?: string }) => {
    const out: string[] = []
    const given = { bundle: stage.bundle, at: undefined, json: true, trust: stage.trust, rpc: undefined, ...args }
    const code = await verify(given, { out: line => out.push(line), error: line => out.push(line) }, 'en')
    return { code, text: out.join('\n') }
  }

  it('1. has every document signed by its origin, with one code each', async () => {
    type Item = {
      readonly code: string
      readonly issuer: string
      readonly kind: string
      readonly sdJwt: string
      readonly index: string
    }
    const documents = [
      ...(await all<Item>('distributor', '/api/v1/documents?')),
      ...(await all<Item>('wholesaler', '/api/v1/documents?')),
    ]
    expect(documents).to.have.length.greaterThan(170)
    expect(new Set(documents.map(it => it.code)).size).to.equal(documents.length)
    for (const { sdJwt, issuer } of documents) {
      const parsed = parseSdJwt(sdJwt)
      if (!parsed.ok) throw new Error(parsed.detail)
      expect(parsed.claims).to.deep.include({ iss: issuer })
      expect(parsed.hidden).to.equal(0)
    }
  })

  it('1b. resolves each code to what its holder has, and says that an unknown serial is unregistered', async () => {
    const ask = (path: string) => fetch(stage.market + path, { redirect: 'manual' })
    const invoice = await ask('/253/690123400003042000000000000018')
    expect(invoice.status).to.equal(307)
    expect(invoice.headers.get('Location')).to.match(/\/console\/document\?code=/)
    const item = await ask('/01/06901234900026?linkType=linkset')
    expect(item.status).to.equal(200)
    expect(item.headers.get('Content-Type')).to.include('application/linkset+json')
    const serial = await ask('/01/06901234900026/21/999')
    expect(serial.status).to.equal(404)
    expect(await serial.json()).to.deep.include({ code: 'CODE_UNREGISTERED' })
    const wrong = await ask('/01/06901234900027')
    expect(wrong.status).to.equal(400)
    expect(await wrong.json()).to.deep.include({ code: 'CODE_INVALID' })
  })

  it('2. has each scan in the log, and counts no receiving but by the hospital’s own device', async () => {
    type Scan = {
      readonly index: string
      readonly bizStep: string
      readonly org: string
      readonly entitled: boolean
      readonly reason: string | null
      readonly backfilled: boolean
      readonly device: string | null
    }
    const { scans } = await read<{ scans: Scan[] }>('distributor', '/api/v1/scans?limit=500')
    const receiving = scans.filter(scan => scan.bizStep === 'receiving')
    const hospital = (await stage.actor('hospital')).uscc
    expect(receiving.filter(scan => scan.org === hospital && scan.entitled)).to.have.length.of.at.least(60)
    const claimed = receiving.filter(scan => scan.org !== hospital)
    expect(claimed.map(scan => scan.entitled)).to.deep.equal([false])
    expect(claimed[0]?.reason).to.be.a('string')
    expect(scans.filter(scan => scan.backfilled)).to.have.length.greaterThan(100)
    expect(new Set(scans.map(scan => scan.index)).size).to.equal(scans.length)
  })

  it('3. signs heads that anyone can recompute from the tiles, and the contract takes each', async () => {
    const note = parseNote(await (await fetch(`${stage.market}/log/checkpoint`)).text())
    const { size, root, origin } = parseCheckpoint(note.text)
    expect(origin).to.equal('market.tallystick.example/log')
    const leaves = []
    for (let n = 0n; n * 256n < size; n++) {
      const left = size - n * 256n
      const path = `/log/tile/entries/${String(n).padStart(3, '0')}${left < 256n ? `.p/${left}` : ''}`
      const bytes = new Uint8Array(await (await fetch(stage.market + path)).arrayBuffer())
      leaves.push(...decodeBundle(bytes).map(leafHash))
    }
    expect(hex(rootOf(leaves))).to.equal(hex(root))
    const { anchors } = (await (await fetch(`${stage.market}/log/anchors?perPage=1000`)).json()) as {
      anchors: { size: string; root: string; state: string }[]
    }
    expect(anchors).to.have.length.greaterThan(3)
    for (const anchor of anchors) {
      const at = asHash(fromBase64(anchor.root))
      expect(hex(rootOf(leaves.slice(0, Number(anchor.size))))).to.equal(hex(at))
    }
  })

  it('4. has one invoice confirmed, one with reservations, one disputed and one unanswered', async () => {
    const questions = await all<{ answer: { answer: { status: string } } | null }>('distributor', '/api/v1/questions?')
    expect(questions.map(it => it.answer?.answer.status ?? 'none').sort()).to.deep.equal(['AP', 'CA', 'RE', 'none'])
  })

  it('5. lets one bank see by a doubly signed authorization, refuses another, and keeps the refusal', async () => {
    const { authorizations } = await read<{ authorizations: { state: string; signed: string }[] }>(
      'bank',
      '/api/v1/authorizations',
    )
    expect(authorizations.map(it => it.state)).to.deep.equal(['active'])
    expect((JSON.parse(authorizations[0]?.signed ?? '{}') as { signatures: unknown[] }).signatures).to.have.lengthOf(2)
    const { denials } = await read<{ denials: { caller: string; code: string; index: string }[] }>(
      'distributor',
      '/api/v1/denials',
    )
    expect(denials).to.have.lengthOf(1)
    expect(denials[0]).to.include({ caller: '91310000MA0BANK02R', code: 'AUTHORIZATION_REQUIRED' })
    for (const path of ['/api/v1/documents', '/api/v1/scans', '/api/v1/questions', '/epcis/events']) {
      expect(await refusal('otherBank', path), path).to.equal('ROLE_FORBIDDEN')
      expect(await refusal('bank', path), path).to.equal('ROLE_FORBIDDEN')
    }
    expect((await all('otherBank', '/api/v1/applications?')).length).to.equal(0)
  })

  it('6a. verifies the clean case by checks with outcome, measure, strength and evidence', async () => {
    const [first] = await of('26442000000000000018')
    expect(first?.verdict).to.equal('VERIFIED')
    const checks = first?.report.receivables[0]?.checks ?? []
    for (const code of [
      'IDENTITY',
      'AUTHZ',
      'INV_AUTH',
      'MATCH3',
      'SCAN_COVER',
      'SCAN_TIME',
      'HOSP_CONFIRM',
      'DUPLICATE',
      'ANCHOR',
    ]) {
      const check = checks.find(it => it.code === code)
      expect(check, code).to.deep.include({ outcome: 'pass' })
      expect(check?.strength, code).to.be.a('string')
      expect(Object.keys(check?.measure ?? {}), code).not.to.deep.equal([])
      expect(check?.evidence, code).not.to.deep.equal([])
    }
    expect(checks).to.have.lengthOf(16)
  })

  it('6b. finances 90 of the OASIS example, and nothing once it is credited', async () => {
    const made = await of('A00095678')
    expect(made.map(it => it.report.receivables[0]?.match[0]?.quantity)).to.deep.equal(['90', '0'])
    expect(made[0]?.report.receivables[0]).to.include({ financeable: '10575' })
  })

  it('6c. catches the same invoice again, and the same goods under a new number', async () => {
    for (const number of ['26442000000000000018', '26442000000000000092']) {
      const last = (await of(number)).at(-1)
      expect(last?.verdict, number).to.equal('REJECT')
      const duplicate = last?.report.receivables[0]?.checks.find(it => it.code === 'DUPLICATE')
      expect(duplicate?.outcome, number).to.equal('fail')
    }
  })

  it('6d. warns of scans that were imported', async () => {
    const [distributor, bank] = [await stage.actor('distributor'), await stage.actor('bank')]
    type Item = {
      code: string
      commitment: string
      index: string
      number: string
      kind: string
      claims: {
        currency: string
        issueDate: string
        gross: string
        number: string
        parties: { seller: string; buyer: string }
      }
    }
    const imported = (await all<Item>('distributor', '/api/v1/documents?kind=invoice&')).find(
      it => it.claims.currency === 'USD',
    )
    if (!imported) throw new Error('the history has an invoice')
    const { authorizations } = await read<{ authorizations: { id: string }[] }>('bank', '/api/v1/authorizations')
    const application = await apply(distributor, bank, authorizations[0]?.id ?? '', imported, imported.claims, '暗保理')
    const { report: made } = await report(bank, application)
    const time = reportSchema.parse(made).receivables[0]?.checks.find(it => it.code === 'SCAN_TIME')
    expect(time?.outcome).to.equal('warn')
    expect(time?.strength).to.equal('self')
  })

  it('shows the bank no field that was not agreed', async () => {
    const { records } = parseBundle(await readFile(stage.bundle, 'utf8'))
    const shown = records.flatMap(({ type, body, disclosures = [] }) => {
      const document = type === 'document' ? parseSdJwt(joinSdJwt(body, disclosures)) : undefined
      return document?.ok ? [document] : []
    })
    expect(shown).to.have.length.greaterThan(2)
    for (const { claims } of shown) expect(claims).not.to.have.any.keys('synthetic', 'payee')
    expect(shown.some(({ hidden }) => hidden > 0)).to.equal(true)
  })

  it('gives the first node nothing of the hospital’s but signed answers, and scans of shipments of both', async () => {
    const hospital = await stage.actor('hospital')
    const rows = await stage.query<{ type: string }>(
      'market',
      `select distinct type from records where org = '${hospital.uscc}' order by type`,
    )
    // Endorsements are how the first node knows whose device signed; the organization is its registration.
    expect(rows.map(row => row.type)).to.deep.equal(['confirmation', 'endorsement', 'event', 'organization'])
    const strangers = await stage.query(
      'market',
      `select from events where org = '${hospital.uscc}' and array_length(parties, 1) < 2`,
    )
    expect(strangers).to.have.lengthOf(0)
    const own = await stage.query<{ type: string }>(
      'hospital',
      `select distinct type from records where org = '${hospital.uscc}' order by type`,
    )
    expect(own.map(row => row.type)).to.include.members(['confirmation', 'endorsement', 'event'])
  })

  describe('7. the auditor', () => {
    it('verifies the bundle offline, and against the chain', async () => {
      expect((await verified({})).code).to.equal(0)
      expect((await verified({ rpc: stage.chain })).code).to.equal(0)
    })

    it('gets no yes without trust settings, and no from a stranger’s', async () => {
      expect((await verified({ trust: undefined })).code).to.equal(3)
      const folder = await mkdtemp(join(tmpdir(), 'tallystick-stranger-'))
      try {
        const trust = JSON.parse(await readFile(stage.trust, 'utf8')) as {
          nodes: { nodeKey: { x: string; y: string }; logKey: string }[]
          anchors: unknown[]
        }
        const [market, hospital] = trust.nodes
        const stranger = join(folder, 'trust.json')
        // Somebody else's node keys: all else is perfect.
        await writeFile(stranger, JSON.stringify({ ...trust, nodes: [{ ...market, nodeKey: hospital?.nodeKey }] }))
        expect((await verified({ trust: stranger })).code).to.equal(1)
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    })

    it('finds any changed byte, and says where', async () => {
      const file = await readFile(stage.bundle, 'utf8')
      const folder = await mkdtemp(join(tmpdir(), 'tallystick-tampered-'))
      try {
        const bundle = join(folder, 'bundle.json')
        const places = [
          '"body":"',
          '"salt":"',
          '"disclosures":["',
          '"proof":"',
          '"checkpoint":"',
          '"root":"',
          '"crls":["',
          '"registry":"',
          '"policy":"',
          '"report":"',
          '"seal":"',
          '"digests":["',
          '"transaction":"0x',
        ]
        for (const place of places) {
          const at = file.indexOf(place) + place.length + 12
          expect(at, place).to.be.greaterThan(100)
          const other = file[at] === 'a' ? 'b' : 'a'
          await writeFile(bundle, file.slice(0, at) + other + file.slice(at + 1))
          const { code, text } = await verified({ bundle })
          expect(code, place).to.equal(1)
          expect(text, place).to.match(/"outcome":"false"/)
        }
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    })
  })

  describe('then', () => {
    const head = async () =>
      parseCheckpoint(parseNote(await (await fetch(`${stage.market}/log/checkpoint`)).text()).text)

    it('ends cleanly and starts again with all data; survives being killed, too; what was anchored is forgotten, not false', async () => {
      const before = await head()
      expect(await stage.end('SIGTERM')).to.equal(0)
      await stage.again()
      const after = await head()
      expect(after.size >= before.size).to.equal(true)
      await stage.end('SIGKILL')
      await stage.again()
      const last = await head()
      expect(last.size >= after.size).to.equal(true)
      const entries = await fetch(`${stage.market}/log/tile/entries/000`)
      expect(entries.status).to.equal(200)
      expect((await all('distributor', '/api/v1/documents?')).length).to.be.greaterThan(150)
      expect((await verified({})).code).to.equal(0)
      // The embedded chain forgets at each start: what it took then is marked so, and the head is anchored again.
      const states = await until('the new chain to take the head', async () => {
        const page = await fetch(`${stage.market}/log/anchors?perPage=1000`)
        const { anchors } = (await page.json()) as { anchors: { state: string; genesis: string }[] }
        const marked = anchors.filter(it => it.state === 'chain-forgotten').map(it => it.genesis)
        return marked.length > 0 && anchors.some(it => it.state === 'final') ? anchors : undefined
      })
      expect(new Set(states.map(it => it.genesis)).size).to.be.at.least(2)
    })

    it('takes the answer that was missing', async () => {
      const hospital = await stage.actor('hospital')
      type Item = {
        id: string
        question: {
          invoice: string
          commitment: string
          opened: { number: string; issueDate: string; gross: string; currency: string; seller: string; buyer: string }
        }
      }
      const [open] = await all<Item>('hospital', '/api/v1/questions?answered=false&')
      if (!open) throw new Error('one question is open')
      const { invoice, commitment, opened } = open.question
      const facts = { ...opened, parties: { seller: opened.seller, buyer: opened.buyer } }
      await answer(hospital, { code: invoice, commitment, index: '0', number: opened.number }, facts, 'AP')
      expect(await all('hospital', '/api/v1/questions?answered=false&')).to.have.lengthOf(0)
    })
  })
})
