/** `npx tallystick …`: the command line. See scripts/commands. */
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

// Before anything else is loaded, which from the second time on takes a third.
enableCompileCache(join(import.meta.dirname, '..', 'node_modules', '.cache', 'compiled'))
const { run } = await import('./commands/program.ts')

const { stdout, stderr } = process
let moving = false
const settle = () => {
  if (moving) stderr.write('\n')
  moving = false
}

process.exitCode = await run(
  process.argv.slice(2),
  {
    out: line => {
      settle()
      stdout.write(`${line}\n`)
    },
    error: line => {
      settle()
      stderr.write(`${line}\n`)
    },
    ...(stderr.isTTY
      ? {
          progress: (line: string) => {
            moving = true
            stderr.write(`\r${line}`)
          },
        }
      : {}),
  },
  process.env,
)
