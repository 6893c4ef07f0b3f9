/**
 * `node scripts/solidity-tests.ts`: the tests in test/contracts/solidity, and that they take at least 98 % of the
 * branches of contracts/*.sol. Names those that they don't. Ends with 1 when a test fails or coverage is below.
 */
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Branch, branchesOf } from './branches.ts'

const LEAST = 0.98
const root = join(import.meta.dirname, '..')

export type SolidityTests = {
  readonly code: number
  readonly output: string
  readonly branches: number
  readonly missed: readonly Branch[]
}

/** Takes about 15 s. Leaves Hardhat's own report in coverage/. */
export const runSolidityTests = (): SolidityTests => {
  const hits = join(root, 'coverage/data/solidity')
  rmSync(hits, { recursive: true, force: true })
  const hardhat = join(root, 'node_modules/hardhat/dist/src/cli.js')
  const args = ['--disable-warning=ExperimentalWarning', hardhat, 'test', 'solidity', '--coverage']
  const env = { ...process.env, HARDHAT_DISABLE_TELEMETRY: 'true', NO_COLOR: '1', FORCE_COLOR: undefined }
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' })
  const taken = new Set(
    globSync(join(hits, '*.json')).flatMap(file => Object.keys(JSON.parse(readFileSync(file, 'utf8')) as object)),
  )
  const branches = globSync(join(root, 'contracts/*.sol')).flatMap(file => [
    ...branchesOf(basename(file), readFileSync(file, 'utf8')),
  ])
  const missed = branches.filter(([tag]) => !taken.has(tag)).map(([, branch]) => branch)
  return { code: status ?? 1, output: `${stdout}${stderr}`, branches: branches.length, missed }
}

export const shareTaken = ({ branches, missed }: SolidityTests): number => (branches - missed.length) / branches

export const wordsOf = ({ source, line, condition, taken }: Branch): string =>
  `${source}:${line}: never ${taken}: ${condition}`

export const enough = (ran: SolidityTests): boolean => shareTaken(ran) >= LEAST

if (import.meta.main) {
  const ran = runSolidityTests()
  console.log(ran.output)
  for (const branch of ran.missed) console.log(wordsOf(branch))
  console.log(`${ran.branches - ran.missed.length} of ${ran.branches} branches taken`)
  process.exitCode = ran.code === 0 && enough(ran) ? 0 : 1
}
