import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import pg from 'pg'
import { startEmbeddedPostgres } from '../../db/embedded.ts'

describe('the embedded PostgreSQL', () => {
  let folder: string
  before(async () => {
    // Closed to everybody else, as the temporary folders of root are: the server must run there all the same.
    folder = await mkdtemp(join(tmpdir(), 'tallystick-pg-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  const ask = async (url: string, text: string) => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      return (await client.query<{ answer: unknown }>(text)).rows[0]?.answer
    } finally {
      await client.end()
    }
  }

  it('keeps its data over a stop, and is adopted where it still runs', async () => {
    const first = await startEmbeddedPostgres(folder)
    await ask(first.url('postgres'), 'create table kept as select 42 as answer')
    const adopted = await startEmbeddedPostgres(folder)
    expect(adopted.url('postgres')).to.equal(first.url('postgres'))
    await adopted.stop()
    const again = await startEmbeddedPostgres(folder)
    try {
      expect(await ask(again.url('postgres'), 'select answer from kept')).to.equal(42)
      expect(await ask(again.url('postgres'), "select current_setting('server_version_num') as answer")).to.match(/^18/)
    } finally {
      await again.stop()
    }
  })

  it('lets nobody in without the password', async () => {
    const server = await startEmbeddedPostgres(folder)
    try {
      const url = new URL(server.url('postgres'))
      url.password = 'guess'
      const refused = await ask(url.href, 'select 1 as answer').catch((error: { code?: string }) => error.code)
      expect(refused).to.equal('28P01')
    } finally {
      await server.stop()
    }
  })
})
