import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { lockFolder } from '../../../scripts/start/lock.ts'

describe('the lock of a data folder', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tallystick-lock-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('is had by one start at a time, and handed on when that one lets go', async () => {
    const release = await lockFolder(folder)
    const second = lockFolder(folder, 5_000)
    await release()
    await (await second)()
    expect(existsSync(join(folder, 'start.pid'))).to.equal(false)
  })

  it('is refused, with the process that has it, when waiting does not help', async () => {
    const release = await lockFolder(folder)
    const refused = await lockFolder(folder, 0).then(
      () => undefined,
      (error: Error) => error.message,
    )
    expect(refused).to.match(new RegExp(`^DATA_DIR: .* is in use by process ${process.pid}$`))
    await release()
  })

  it('is taken over from a start that was killed', async () => {
    const child = spawn(process.execPath, ['-e', ''])
    await new Promise(done => child.once('exit', done))
    await writeFile(join(folder, 'start.pid'), String(child.pid))
    await (await lockFolder(folder, 0))()
  })

  it('is taken over when its file says nothing', async () => {
    await writeFile(join(folder, 'start.pid'), '')
    await (await lockFolder(folder, 0))()
  })
})
