/** `npx tallystick …`: the command line. See scripts/commands. */
import { run } from './commands/program.ts'

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
