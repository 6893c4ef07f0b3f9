#!/usr/bin/env node
// The first step of every command, in plain JavaScript for any Node since 20: finds Node 24, installs what the lock file
// says when that is missing or stale, and hands over. npm run by an older Node would silently skip native parts.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const nodeVersion = '24.21.0'
const root = dirname(dirname(realpathSync(fileURLToPath(import.meta.url))))
const stamp = join(root, 'node_modules', '.tallystick-lock')

const commands = { start: 'scripts/start.ts', test: 'scripts/test.ts' }

const node = suitableNode()
installDependencies(node)
handOver(node)

function suitableNode() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'tallystick')
  const home = join(cache, `node-${nodeVersion}`)
  const os = process.platform === 'win32' ? 'win' : process.platform
  const platformPackage = `node-${os}-${process.arch}`
  const binary = join(home, 'node_modules', platformPackage, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (existsSync(binary)) return binary
  say(`Node ${process.versions.node} is too old; taking Node ${nodeVersion} from npm …`)
  // Made beside its place and moved there whole: a killed download leaves nothing that looks ready.
  const making = `${home}.${process.pid}`
  mkdirSync(making, { recursive: true })
  npm(
    process.execPath,
    ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', making, `${platformPackage}@${nodeVersion}`],
    making,
  )
  try {
    renameSync(making, home)
  } catch (error) {
    if (!existsSync(binary)) throw error
    rmSync(making, { recursive: true, force: true })
  }
  return binary
}

function installDependencies(node) {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(process.platform + process.arch)
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  say('Installing dependencies …')
  npm(node, ['ci', '--no-audit', '--no-fund', '--include=dev'], root)
  writeFileSync(stamp, wanted)
}

function npm(node, args, cwd) {
  const cli = npmCli()
  const [command, ...rest] = cli ? [node, cli, ...args] : ['npm', ...args]
  // npm starts install scripts by the name `node`: it must be the one that will run the program.
  const env = { ...process.env, PATH: dirname(node) + delimiter + process.env.PATH }
  const { status, stdout, stderr } = spawnSync(command, rest, { cwd, env, encoding: 'utf8', maxBuffer: 1 << 26 })
  if (status === 0) return
  process.stderr.write(`${stdout ?? ''}${stderr ?? ''}\n`)
  fail(`npm ${args[0]} failed; see above`)
}

/** The npm that started us, or the one beside the Node we run on. */
function npmCli() {
  const told = process.env.npm_execpath
  if (told && /npm-cli\.c?js$/.test(told)) return told
  const beside = join(dirname(realpathSync(process.execPath)), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js')
  if (existsSync(beside)) return beside
  try {
    const global = execFileSync('npm', ['root', '-g'], { encoding: 'utf8' }).trim()
    const cli = join(global, 'npm', 'bin', 'npm-cli.js')
    return existsSync(cli) ? cli : undefined
  } catch {
    return fail('npm is not installed')
  }
}

function handOver(node) {
  const [first, ...rest] = process.argv.slice(2)
  const script = commands[first]
  const args = script ? [script, ...rest] : ['scripts/tallystick.ts', ...process.argv.slice(2)]
  const path = dirname(node) + delimiter + process.env.PATH
  // Compiled once, not at each start: what is run here, and the nodes that it starts.
  const compiled = process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules', '.cache', 'compiled')
  const env = { ...process.env, PATH: path, NODE_COMPILE_CACHE: compiled }
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', join(root, args[0]), ...args.slice(1)], {
    stdio: 'inherit',
    env,
  })
  // The terminal signals the whole group; a signal sent to us alone is passed on once.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => signal !== 'SIGINT' && child.kill(signal))
  child.on('exit', (code, signal) => process.exit(signal ? 128 : (code ?? 1)))
}

function say(text) {
  process.stderr.write(`${text}\n`)
}

function fail(text) {
  say(text)
  process.exit(2)
}
