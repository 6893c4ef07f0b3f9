/**
 * `npm test`: everything that CI runs. Ends with one line, `N passed, N failed, N skipped`. With CI=true a skip fails.
 * `npm test -- test/core` runs the mocha files below a folder alone.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { join } from 'node:path'

type Tally = { passed: number; failed: number; skipped: number }
type Step = { name: string; run: () => Promise<Tally> }

const root = join(import.meta.dirname, '..')
const bin = (name: string) => join(root, 'node_modules', '.bin', name)
const wanted = process.argv.slice(2)

const whole: readonly Step[] = [
  { name: 'format, lint, folder rules', run: () => check([bin('biome'), 'ci', '.']) },
  { name: 'types', run: () => check([bin('tsc'), '--noEmit']) },
  { name: 'types of the console', run: () => check([bin('tsc'), '--noEmit', '-p', 'console']) },
  { name: 'contracts, units, integration', run: () => mocha(['test/**/*.test.ts'], ['test/browser/**']) },
  { name: 'browser', run: browser },
]
const some: readonly Step[] = [
  {
    name: wanted.join(' '),
    run: () =>
      mocha(
        wanted.map(path => (path.endsWith('.ts') ? path : `${path}/**/*.test.ts`)),
        [],
      ),
  },
]

const total: Tally = { passed: 0, failed: 0, skipped: 0 }
for (const { name, run } of wanted.length ? some : whole) {
  const began = performance.now()
  process.stdout.write(`\n── ${name}\n`)
  const tally = await run()
  total.passed += tally.passed
  total.failed += tally.failed
  total.skipped += tally.skipped
  process.stdout.write(
    `── ${name}: ${tally.failed ? 'failed' : 'ok'}, ${((performance.now() - began) / 1000).toFixed(1)} s\n`,
  )
}
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`)
const failed = total.failed > 0 || total.passed === 0 || (process.env.CI === 'true' && total.skipped > 0)
process.exit(failed ? 1 : 0)

/** A tool that says yes or no counts as one test. */
async function check(command: readonly string[]): Promise<Tally> {
  const { code } = await echo(command)
  return code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 }
}

async function mocha(patterns: readonly string[], without: readonly string[]): Promise<Tally> {
  const files: string[] = []
  for await (const file of glob([...patterns], { cwd: root, exclude: [...without] })) files.push(file)
  const { code, output } = await echo([bin('mocha'), '--no-color', ...files.sort()])
  const tally = {
    passed: count(output, 'passing'),
    failed: count(output, 'failing'),
    skipped: count(output, 'pending'),
  }
  // A file that can't be loaded, or a crash, is a failure that mocha does not count.
  return code !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally
}

function count(output: string, word: string): number {
  return Number(new RegExp(`^ *(\\d+) ${word}\\b`, 'm').exec(output)?.[1] ?? 0)
}

async function browser(): Promise<Tally> {
  if (!installChromium()) return { passed: 0, failed: 0, skipped: 1 }
  return mocha(['test/browser/**/*.test.ts'], [])
}

/** Chromium is not on npm. Debian has it; elsewhere the browser tests are skipped, by name. */
function installChromium(): boolean {
  const there = () => ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].some(existsSync)
  if (there()) return true
  if (process.platform === 'linux' && process.getuid?.() === 0) {
    process.stdout.write('installing Chromium from Debian …\n')
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    spawnSync('apt-get', ['update', '-qq'], { env, stdio: 'ignore' })
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-noto-cjk'], {
      env,
      stdio: 'ignore',
    })
  }
  if (there()) return true
  process.stdout.write('skipped: browser tests, for want of Chromium\n')
  return false
}

function echo([command = '', ...args]: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise(done => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, FORCE_COLOR: '0' },
    })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      process.stdout.write(chunk)
      output += chunk
    })
    child.on('close', code => done({ code: code ?? 1, output }))
  })
}
