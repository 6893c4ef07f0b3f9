import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type Browser, chromium, type Page } from 'playwright-core'

/** Both nodes with the sample played, as `npm start` leaves them, and a browser. */
export type Demonstration = {
  readonly market: string
  readonly hospital: string
  readonly dataDir: string
  /** The evidence bundle that the sample's bank saved. */
  readonly bundle: string
  readonly trust: string
  readonly browser: Browser
}

export type Player = 'distributor' | 'hospital-operator' | 'bank' | 'otherBank' | 'auditor' | 'market-operator'

let starting: Promise<Demonstration> | undefined
const ending: (() => Promise<unknown>)[] = []

/** One start for all browser tests of a run. */
export const demonstration = (): Promise<Demonstration> => {
  starting ??= start()
  return starting
}

// At the root: runs when the last of them is over, also when the start itself failed half way.
after(async function () {
  this.timeout(60_000)
  for (const end of ending.reverse()) await end()
})

/** Debian's Chromium, without a screen. */
export const browserOptions = {
  get executablePath(): string {
    return chromiumPath()
  },
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
  ],
}

/** Gone when the run is over. */
export const temporaryFolder = async (prefix: string): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), prefix))
  ending.push(() => rm(folder, { recursive: true, force: true }))
  return folder
}

const start = async (): Promise<Demonstration> => {
  const folder = await temporaryFolder('tallystick-browser-')
  // PostgreSQL runs as a user of its own where root starts it, and must be able to pass through.
  await chmod(folder, 0o755)
  const dataDir = join(folder, 'data')
  const port = await twoFreePorts()
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', '..', 'scripts', 'start.ts')], {
    env: { ...process.env, TALLYSTICK_ENV: 'development', DATA_DIR: dataDir, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  ending.push(() => stop(child))
  await ready(child)
  const browser = await chromium.launch(browserOptions)
  ending.push(() => browser.close())
  const played = JSON.parse(await readFile(join(dataDir, 'sample.json'), 'utf8')) as { bundle: string }
  return {
    market: `http://127.0.0.1:${port}`,
    hospital: `http://127.0.0.1:${port + 1}`,
    dataDir,
    bundle: played.bundle,
    trust: join(dataDir, 'trust.json'),
    browser,
  }
}

type Opened = { readonly page: Page; readonly faults: string[] }

/** The console of a node, in Chinese unless another language is asked for. */
export const openPage = (demo: Demonstration, node: string, locale?: string): Promise<Opened> =>
  openAt(demo, `${node}/console/`, locale)

/** A page. Whatever goes wrong in it, or leaves its origin, ends up in `faults`. */
export const openAt = async ({ browser }: Demonstration, url: string, locale = 'zh-CN'): Promise<Opened> => {
  const context = await browser.newContext({
    locale,
    timezoneId: 'Asia/Shanghai',
    viewport: { width: 1400, height: 900 },
    acceptDownloads: true,
    // A colour half way through a transition has no contrast of its own.
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  page.setDefaultTimeout(30_000)
  const faults: string[] = []
  const { origin } = new URL(url)
  page.on('pageerror', error => faults.push(`error: ${error.message}`))
  page.on('console', message => {
    // The first token request is answered with the nonce to use, as a 400: the browser tells of it, nothing is wrong.
    const nonce = message.location().url.endsWith('/oauth/token')
    if (message.type() === 'error' && !nonce) faults.push(`console: ${message.text()}`)
  })
  page.on('request', request => {
    if (request.url() !== url && !request.url().startsWith(`${origin}/`) && !/^(?:data|blob):/.test(request.url()))
      faults.push(`left the node: ${request.url()}`)
  })
  await page.goto(url)
  return { page, faults }
}

/** Signs in with a player's certificate file, as its clerk would. */
export const signIn = async (demo: Demonstration, player: Player): Promise<{ page: Page; faults: string[] }> => {
  const opened = await openPage(demo, player === 'hospital-operator' ? demo.hospital : demo.market)
  await enter(opened.page, demo, player)
  return opened
}

/** The same on a page that is open, such as one that was loaded again. */
export const enter = async (page: Page, { dataDir }: Demonstration, player: Player): Promise<void> => {
  await page.locator('input[type=file]').setInputFiles(join(dataDir, 'parties', player, 'identity.p12'))
  await page.getByLabel('证书文件的密码').fill('tallystick')
  await page.getByRole('button', { name: '打开证书' }).click()
  await page.getByText('统一社会信用代码').waitFor()
  await page.getByRole('button', { name: '登录', exact: true }).click()
  await page.getByRole('button', { name: '退出' }).waitFor()
}

export const goTo = (page: Page, name: string): Promise<void> =>
  page.getByRole('navigation', { name: '主菜单' }).getByRole('link', { name, exact: true }).click()

/**
 * No violation that keeps somebody from using the page (WCAG A and AA, by axe). The unnamed lists of options, which Ant
 * Design keeps beside its select fields, are not ours to name.
 */
export const mustBeAccessible = async (page: Page): Promise<void> => {
  const axe = await readFile(join(import.meta.dirname, '..', '..', 'node_modules', 'axe-core', 'axe.min.js'), 'utf8')
  await page.evaluate(axe)
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(
          context: object,
          options: object,
        ): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>
      }
    }
    const found = await axe.run({ exclude: ['[role="listbox"]'] }, { runOnly: ['wcag2a', 'wcag2aa'] })
    return found.violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`)
  })
  expect(violations).to.deep.equal([])
}

const chromiumPath = (): string => {
  const found = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
  if (found === undefined) throw new Error('there is no Chromium')
  return found
}

/** The last thing that the start prints is how to check the evidence. */
const ready = (child: ChildProcess): Promise<void> =>
  new Promise((done, fail) => {
    let said = ''
    const hear = (chunk: Buffer) => {
      said += chunk
      if (said.includes('Check it offline')) done()
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    child.on('exit', code => fail(new Error(`the start ended with ${code}:\n${said.slice(-4000)}`)))
  })

const stop = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

/** The nodes take a port and the next one. */
const twoFreePorts = async (): Promise<number> => {
  for (;;) {
    const port = await freePort(0)
    if ((await freePort(port + 1).catch(() => 0)) === port + 1) return port
  }
}

const freePort = (wanted: number): Promise<number> =>
  new Promise((done, fail) => {
    const server = createServer()
    server.on('error', fail)
    server.listen(wanted, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => done(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
