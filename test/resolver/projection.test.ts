import { expect } from 'chai'
import pg from 'pg'
import { asNode } from '../../db/database.ts'
import { codeLives, valueDigests } from '../../resolver/projection.ts'
import { allocated, link, type ResolverNode, registered, startResolverNode } from './node.ts'

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
    await put('state', { code: one, state: 'superseded', successor: two })
  })
  after(() => node.stop())

  const contradictions = () =>
    asNode(node.database.db, async tx => [
      ...(await codeLives.contradictions(tx)),
      ...(await valueDigests.contradictions(tx)),
    ])
  /** As somebody with the database in their hands. */
  const broken = async (...statements: string[]) => {
    const client = new pg.Client({ connectionString: node.database.superuser })
    await client.connect()
    try {
      await client.query("set session_replication_role = 'replica'")
      for (const statement of statements) await client.query(statement)
    } finally {
      await client.end()
    }
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
    expect(await broken(`update code_history set links = '[]' ${was}`)).to.deep.equal([one])
    expect(await broken(`delete from code_history ${was}`)).to.deep.equal([one])
  })

  it('are found out when somebody changes a value', async () => {
    const found = await broken(`update code_values set value = 'T'`)
    expect(found).to.include(`${one} 100`)
  })
})
