import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildConsole } from '../start/console.ts'
import { figure, type Row } from './measure.ts'
import type { Saved } from './release.ts'

const root = join(import.meta.dirname, '..', '..')

/** The command as somebody runs it: from the start of the process to its end. Seconds, and resident MB at the peak. */
export const verifyInCli = async (
  { file, records, bytes }: Saved,
  trust: string,
  rounds: number,
): Promise<readonly Row[]> => {
  const runs: Run[] = []
  for (let round = 0; round < rounds; round++) runs.push(await runCli(file, trust))
  const detail = `${records} records, ${(bytes / 1024 / 1024).toFixed(1)} MiB`
  return [
    figure({
      what: `verify of its bundle in the CLI, ${records} records`,
      ...{ unit: 's', samples: runs.map(({ seconds }) => seconds), detail },
      ...(records < 1_000 ? { target: { atMost: 1 } } : {}),
    }),
    figure({
      what: `its memory at the peak, ${records} records`,
      ...{ unit: 'MB', samples: runs.map(({ mb }) => mb), detail },
    }),
  ]
}

type Run = { readonly seconds: number; readonly mb: number }

/** Told by the process itself as it ends, in KiB. Not by getrusage: a new process begins with the peak of who started it. */
const tellPeak = `data:text/javascript,import{readFileSync}from'node:fs';process.on('exit',()=>process.stderr.write('\\npeak '+/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status','utf8'))[1]))`

const runCli = (file: string, trust: string): Promise<Run> =>
  new Promise((done, fail) => {
    const began = performance.now()
    const args = [
      '--import',
      tellPeak,
      join(root, 'scripts', 'tallystick.ts'),
      'verify',
      file,
      '--trust',
      trust,
      '--json',
    ]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let [said, errors] = ['', '']
    child.stdout.on('data', chunk => {
      said += chunk
    })
    child.stderr.on('data', chunk => {
      errors += chunk
    })
    child.once('error', fail)
    child.once('close', code => {
      const seconds = (performance.now() - began) / 1000
      if (code !== 0) return fail(new Error(`verify ended with ${code}: ${said.slice(-500)} ${errors}`))
      done({ seconds, mb: Number(/peak (\d+)/.exec(errors)?.[1]) / 1024 })
    })
  })

const page = join(root, 'console', 'verifier', 'dist', 'verify.html')
const browsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The one-file verifier from the disk, from the press of the button to the verdict. Undefined where there is no browser. */
export const verifyInBrowser = async (
  { file, records, bytes }: Saved,
  trust: string,
  rounds: number,
): Promise<Row | undefined> => {
  const executablePath = browsers.find(existsSync)
  if (executablePath === undefined) return undefined
  await buildConsole(root)
  const { chromium } = await import('playwright-core')
  const browser = await chromium.launch({ executablePath, args: ['--headless', '--no-sandbox', '--disable-gpu'] })
  try {
    const samples: number[] = []
    for (let round = 0; round < rounds; round++) {
      const tab = await browser.newPage({ locale: 'en' })
      await tab.goto(pathToFileURL(page).href)
      const files = tab.locator('input[type=file]')
      await files.nth(0).setInputFiles(file)
      await files.nth(1).setInputFiles(trust)
      const began = performance.now()
      await tab.locator('#start').click()
      const verdict = await tab.locator('.verdict .mark').textContent({ timeout: 120_000 })
      samples.push((performance.now() - began) / 1000)
      if (!(await tab.locator('.verdict .mark.true').count())) throw new Error(`the browser said ${verdict}`)
      await tab.close()
    }
    return figure({
      what: `verify of its bundle in Chromium, ${records} records`,
      ...{ unit: 's', samples, detail: `${(bytes / 1024 / 1024).toFixed(1)} MiB, from a disk` },
      ...(records < 1_000 ? { target: { atMost: 1 } } : {}),
    })
  } finally {
    await browser.close()
  }
}
