import { keccak_256 } from '@noble/hashes/sha3.js'
import solc from 'solc'
import { hex, utf8 } from '../core/bytes.ts'

/** One way through a condition of a Solidity source. */
export type Branch = {
  readonly source: string
  readonly line: number
  readonly condition: string
  readonly taken: boolean
}

/** The parts of solc's syntax tree that are looked at. `src` is `start:length:file` in bytes. */
type Node = { readonly nodeType: string; readonly src: string } & Readonly<Record<string, unknown>>
type Condition = { readonly from: number; readonly to: number }

/**
 * Every condition, in the order of the source: of `if`, of loops, of `?:`, and each operand of `&&` and `||` by itself.
 * Statement coverage, which is all that the test runner measures, says nothing of these.
 */
const conditionsOf = (source: string): readonly Condition[] => {
  const input = {
    language: 'Solidity',
    sources: { it: { content: source } },
    settings: { stopAfter: 'parsing', outputSelection: { '*': { '': ['ast'] } } },
  }
  const output = JSON.parse(solc.compile(JSON.stringify(input))) as {
    sources?: { it?: { ast: Node } }
    errors?: object
  }
  if (output.sources?.it === undefined) throw new Error(JSON.stringify(output.errors))
  const found = new Map<number, Condition>()
  const add = (node: Node): void => {
    // What joins conditions is none itself, so that each operand is counted once.
    if (isJoined(withoutParentheses(node))) return
    const [start = 0, length = 0] = node.src.split(':').map(Number)
    found.set(start, { from: start, to: start + length })
  }
  walk(output.sources.it.ast, node => {
    if (isNode(node.condition)) add(node.condition)
    if (isJoined(node)) for (const side of [node.leftExpression, node.rightExpression]) if (isNode(side)) add(side)
  })
  return [...found.values()].sort((a, b) => a.from - b.from)
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'nodeType' in value
const withoutParentheses = (node: Node): Node => {
  const inside = node.nodeType === 'TupleExpression' ? (node.components as readonly unknown[])[0] : undefined
  return isNode(inside) ? withoutParentheses(inside) : node
}
const isJoined = (node: Node): boolean => node.operator === '&&' || node.operator === '||'
const walk = (value: unknown, see: (node: Node) => void): void => {
  if (Array.isArray(value)) for (const one of value) walk(one, see)
  if (!isNode(value)) return
  see(value)
  for (const child of Object.values(value)) walk(child, see)
}

/** What the runner is told when a branch is taken: 32 bytes, as it takes them. */
const tag = (source: string, number: number, taken: boolean): string =>
  hex(keccak_256(utf8(`${source} condition ${number} ${taken}`)))

/** Every branch of a source, by its tag. */
export const branchesOf = (source: string, text: string): ReadonlyMap<string, Branch> => {
  const bytes = Buffer.from(text)
  return new Map(
    conditionsOf(text).flatMap(({ from, to }, number) =>
      [true, false].map((taken): [string, Branch] => {
        const line = bytes.subarray(0, from).toString().split('\n').length
        return [tag(source, number, taken), { source, line, condition: bytes.subarray(from, to).toString(), taken }]
      }),
    ),
  )
}

/** Makes every condition report which way it went. The source has Hardhat's statement reports already, and their library. */
export const withBranchReports = (source: string, text: string): string => {
  const bytes = Buffer.from(text)
  let done = 0
  const parts: string[] = []
  // A condition inside another, as in `a ? b : c` with a `?:` for a, would need nesting here; there is none.
  for (const [number, { from, to }] of conditionsOf(text).entries()) {
    if (from < done) throw new Error(`${source}: a condition inside a condition`)
    const [yes, no] = [true, false].map(taken => `0x${tag(source, number, taken)}`)
    parts.push(bytes.subarray(done, from).toString(), `_branch(${bytes.subarray(from, to)}, ${yes}, ${no})`)
    done = to
  }
  const report = `
function _branch(bool taken, uint256 yes, uint256 no) pure returns (bool) {
    __NomicFoundationCoverage.sendHit(taken ? yes : no);
    return taken;
}
`
  return `${parts.join('')}${bytes.subarray(done)}${parts.length > 0 ? report : ''}`
}
