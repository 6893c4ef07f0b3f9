import { expect } from 'chai'
import pg from 'pg'
import { asNode } from '../../db/database.ts'
import { checkDerived } from '../../ledger/fsck/derived.ts'
import { codeHistory, codeLives } from '../../resolver/projection.ts'
import { codeValueSets, valueDigests } from '../../resolver/values/projection.ts'
import { codeGrants } from '../../resolver/values/projection-grants.ts'
import { codeTemplates } from '../../resolver/values/projection-templates.ts'
import { allocated, link, type ResolverNode, registered, startResolverNode, uscc } from './node.ts'

const page = (name: string) => link('gs1:pip', `https://maker.example/${name}`, { default: true })

describe('codes beside the log', () => {
  let node: ResolverNode
  const [one, two] = ['hdl:88.118.8/one', 'hdl:88.118.8/two']
  before(async () => {
    node = await startResolverNode()
    await allocated(node, '88.118.8', 'maker')
    await registered(node, one, [page('1')])
    await registered(node, two)
    const put = (what: string, body: object) => node.call('maker', 'PUT', `/api/v1/identifiers/${what}`, body)
    await put('links', { code: one, links: [page('2')], description: 'One' })
    await put('values', {
      code: one,
      values: [{ index: 100, type: 'model', visibility: 'public', content: { value: 'S' } }],
    })
    const post = (what: string, body: object) => node.call('maker', 'POST', `/api/v1/identifiers/${what}`, body)
    const field = { name: 'model', type: 'text', required: true, unique: false }
    await post('templates', { name: 'stent', fields: [field] })
    await post('templates', { name: 'stent', fields: [field, { ...field, name: 'size', required: false }] })
    await node.call('maker', 'POST', '/api/v1/identifiers/templates/stent/1/withdrawal', {})
    await post('grants', { code: one, grantee: uscc.seller, purpose: 'recall' })
    const { body } = await post('grants', { code: one, grantee: uscc.seller, types: ['model'], purpose: 'service' })
    await post(`grants/${body.id}/revocation`, {})
    await broken(
      ...['code_templates', 'code_grants', 'code_value_sets', 'code_values'].map(
        it => `create table kept_${it} as select * from ${it}`,
      ),
    )
    await put('state', { code: one, state: 'superseded', successor: two })
  })
  after(() => node.stop())

  const compared = [codeLives, codeHistory, valueDigests, codeTemplates, codeGrants, codeValueSets]
  const contradictions = () =>
    asNode(node.database.db, async tx => {
      const found = []
      for (const it of compared) found.push(...(await it.contradictions(tx)))
      return found
    })
  /** As somebody with the database in their hands. */
  const tamper = async (...statements: string[]) => {
    const client = new pg.Client({ connectionString: node.database.superuser })
    await client.connect()
    try {
      await client.query("set session_replication_role = 'replica'")
      for (const statement of statements) await client.query(statement)
    } finally {
      await client.end()
    }
  }
  const broken = async (...statements: string[]) => {
    await tamper(...statements)
    return (await contradictions()).map(it => it.at)
  }

  it('are what their records made of them, through all they have been', async () => {
    expect(await contradictions()).to.deep.equal([])
    expect(await node.rows('code_history')).to.equal(2)
  })

  for (const [what, change, back] of [
    [
      'where a code leads',
      `links = replace(links::text, '/2', '/3')::jsonb`,
      `links = replace(links::text, '/3', '/2')::jsonb`,
    ],
    ['its description', `description = 'Two'`, `description = 'One'`],
    ['its state', `state = 'active', successor = null`, `state = 'superseded', successor = '${two}'`],
    [
      'when it changed',
      `changed_at = changed_at + interval '1 second'`,
      `changed_at = changed_at - interval '1 second'`,
    ],
    ['the record that made it so', `record = record - 1`, `record = record + 1`],
    ['its version', `version = 7`, `version = 3`],
  ] as const) {
    it(`are found out when somebody changes ${what}`, async () => {
      expect(await broken(`update codes set ${change} where code = '${one}'`)).to.deep.equal([one])
      expect(await broken(`update codes set ${back} where code = '${one}'`)).to.deep.equal([])
    })
  }

  it('are found out when somebody changes what one was, or loses it', async () => {
    const was = `where code = '${one}' and version = 1`
    const links = (change: string) => `update code_history set links = ${change} ${was}`
    expect(await broken('create table life as select * from code_history', links(`'[]'`))).to.deep.equal([one])
    expect(await broken(`delete from code_history ${was}`)).to.deep.equal([one])
    const whole = ['delete from code_history', 'insert into code_history select * from life', 'drop table life']
    expect(await broken(...whole)).to.deep.equal([])
  })

  const kept = ['code_templates', 'code_grants', 'code_value_sets', 'code_values'] as const
  const [second, first] = [`interval '1 second'`, 'where version = 1']
  const mend = () =>
    broken(
      ...kept.flatMap(it => [
        `delete from ${it}`,
        `insert into ${it} overriding system value select * from kept_${it}`,
      ]),
    )

  for (const tampering of [
    `update code_templates set fields = '[]'`,
    `update code_templates set state = 'withdrawn', withdrawn_at = now() where version = 2`,
    `update code_templates set published_at = published_at + ${second}`,
    `update code_templates set withdrawn_at = withdrawn_at + ${second} ${first}`,
    `update code_templates set withdrawn_at = null, state = 'published' ${first}`,
    `update code_templates set record = record + 1 ${first}`,
    `update code_templates set org = '${uscc.bank}'`,
    `update code_templates set version = 3 where version = 2`,
    `delete from code_templates where version = 2`,
    `update code_grants set grantee = '${uscc.bank}'`,
    `update code_grants set purpose = 'resale' where types is null`,
    `update code_grants set types = '{model}' where types is null`,
    `update code_grants set code = '${two}'`,
    `update code_grants set expires_at = granted_at + ${second}`,
    `update code_grants set granted_at = granted_at - ${second}`,
    `update code_grants set revoked_at = null where revoked_at is not null`,
    `update code_grants set revoked_at = now() where revoked_at is null`,
    `delete from code_grants where types is null`,
    `update code_value_sets set record = record - 1`,
    `update code_value_sets set changed_at = changed_at + ${second}`,
    `update code_value_sets set template = 'stent', template_version = 2`,
    `update code_value_sets set org = '${uscc.bank}'`,
    `update code_value_sets set code = '${two}'`,
    `delete from code_value_sets`,
    `update code_values set org = '${uscc.bank}'`,
    `update code_values set value = 'T'`,
    `update code_values set type = 'size'`,
    `delete from code_values`,
    `insert into code_value_sets (code, org, record, changed_at) select '${two}', org, record, changed_at from code_value_sets`,
    `insert into code_grants (code, org, grantee, purpose, record, granted_at)
      select code, org, grantee, 'more', record - 1, granted_at from code_grants where types is null`,
  ]) {
    it(`are found out by: ${tampering}`, async () => {
      expect(await broken(tampering)).not.to.deep.equal([])
      expect(await mend()).to.deep.equal([])
    })
  }

  it('are found out by what was of a code that nobody registered', async () => {
    const stray = `insert into code_history select 'hdl:88.118.8/none', version, state, successor, reason, record, description,
      links, since from code_history where version = 1`
    expect(await broken(stray)).to.deep.equal(['hdl:88.118.8/none 1'])
    expect(await broken(`delete from code_history where code = 'hdl:88.118.8/none'`)).to.deep.equal([])
  })

  for (const [what, body] of [
    ['is no UTF-8', `overlay(body placing '\\xff'::bytea from 30)`],
    ['is no JSON', `substring(body from 1 for length(body) - 1)`],
  ]) {
    it(`are compared as far as they can be where a record ${what}, and each table says so`, async () => {
      for (const act of ['template', 'grant', 'values', 'register']) {
        const begins = `where position('{"act":"${act}'::bytea in body) = 1`
        const keep = `create table was as select index, body from records ${begins}`
        await tamper(keep, `update records set body = ${body} ${begins}`)
        const findings: string[] = []
        const check = asNode(node.database.db, tx => checkDerived(tx, compared, code => findings.push(code)))
        expect(await check.then(() => 'compared', String)).to.equal('compared')
        expect(findings).to.include('PROJECTION_UNREADABLE')
        await tamper('update records r set body = was.body from was where was.index = r.index', 'drop table was')
      }
      expect(await contradictions()).to.deep.equal([])
    })
  }
})
