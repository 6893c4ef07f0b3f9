import { open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** One start a data folder. A predecessor that is just ending is waited for; the file of one that was killed is taken over. */
export async function lockFolder(folder: string, patienceMs = 30_000): Promise<() => Promise<void>> {
  const path = join(folder, 'start.pid')
  for (let waited = 0; ; waited += 250) {
    try {
      const file = await open(path, 'wx')
      await file.writeFile(String(process.pid))
      await file.close()
      return () => rm(path, { force: true })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
    const owner = Number(await readFile(path, 'utf8').catch(() => '0'))
    if (!isAlive(owner)) {
      await rm(path, { force: true })
      continue
    }
    if (waited >= patienceMs) throw new Error(`DATA_DIR: ${folder} is in use by process ${owner}`)
    await sleep(250)
  }
}

const isAlive = (pid: number): boolean => {
  if (!(pid > 0)) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
