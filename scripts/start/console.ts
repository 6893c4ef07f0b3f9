import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { glob, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Builds the console and the one-file verifier when their sources changed since the last build, in processes of their own. */
export async function buildConsole(root: string): Promise<'built' | 'current'> {
  const stamp = join(root, 'console', 'dist', '.sources')
  const digest = await sourcesDigest(root)
  const built = existsSync(stamp) && existsSync(join(root, 'console', 'verifier', 'dist', 'verify.html'))
  if (built && (await readFile(stamp, 'utf8')) === digest) return 'current'
  await Promise.all(['console', join('console', 'verifier')].map(part => vite(root, part)))
  await writeFile(stamp, digest)
  return 'built'
}

async function sourcesDigest(root: string): Promise<string> {
  const files: string[] = ['package-lock.json']
  const patterns = ['console/**/*', 'core/**/*.ts', '*/**/contract.ts']
  for await (const file of glob(patterns, {
    cwd: root,
    exclude: [
      'console/dist',
      'console/dist/**',
      'console/verifier/dist',
      'console/verifier/dist/**',
      'node_modules/**',
    ],
  })) {
    if (/\.(ts|tsx|css|html|svg|json)$/.test(file)) files.push(file)
  }
  const digest = createHash('sha256')
  for (const file of [...new Set(files)].sort()) digest.update(file).update(await readFile(join(root, file)))
  return digest.digest('hex')
}

function vite(root: string, part: string): Promise<void> {
  return new Promise((done, fail) => {
    const program = join(root, 'node_modules', 'vite', 'bin', 'vite.js')
    const args = [program, 'build', '--config', join(root, part, 'vite.config.ts'), '--logLevel', 'error']
    const child = spawn(process.execPath, args, { cwd: join(root, part), stdio: ['ignore', 'inherit', 'inherit'] })
    child.on('error', fail)
    child.on('exit', code =>
      code === 0 ? done() : fail(new Error(`the ${part} could not be built (vite ended with ${code})`)),
    )
  })
}
