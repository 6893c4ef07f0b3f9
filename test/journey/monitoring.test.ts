import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { useWorld } from './world.ts'

const run = promisify(execFile)
const folder = join(import.meta.dirname, '../../docs/operations')

/** Names as they stand in expressions, without what Prometheus itself adds to those of a histogram. */
const namesIn = (text: string): Set<string> =>
  new Set((text.match(/\btallystick_\w+/g) ?? []).map(name => name.replace(/_(bucket|count|sum)$/, '')))

describe('what is shipped to watch a node with', function () {
  this.timeout(120_000)
  const world = useWorld()
  let tools: string

  before(async () => {
    tools = await mkdtemp(join(tmpdir(), 'tallystick-promtool-'))
  })
  after(() => rm(tools, { recursive: true, force: true }))

  /** Prometheus' own, out of Debian's package; nothing is installed. */
  const promtool = async (): Promise<string> => {
    const path = join(tools, 'usr/bin/promtool')
    if (existsSync(path)) return path
    if (existsSync('/usr/bin/promtool')) return '/usr/bin/promtool'
    const download = () => run('apt-get', ['-q', 'download', 'prometheus'], { cwd: tools })
    await download().catch(() => run('apt-get', ['-q', 'update']).then(download))
    const [file] = (await readdir(tools)).filter(name => name.endsWith('.deb'))
    await run('dpkg-deb', ['-x', join(tools, file!), tools])
    return path
  }
  const exposed = async (): Promise<Set<string>> => {
    const texts = await Promise.all(
      [world().market, world().hospital].map(async node => (await fetch(`${node}/metrics`)).text()),
    )
    return new Set(texts.flatMap(text => [...text.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name!)))
  }

  it('names only metrics that a node has, and leaves none of ours out', async () => {
    const known = await exposed()
    const dashboard = await readFile(join(folder, 'grafana.json'), 'utf8')
    const shown = namesIn(dashboard)
    for (const name of [...shown, ...namesIn(await readFile(join(folder, 'alerts.yml'), 'utf8'))]) {
      expect([...known], name).to.include(name)
    }
    expect([...known].filter(name => name.startsWith('tallystick_') && !shown.has(name))).to.deep.equal([])
    for (const [, name] of dashboard.matchAll(/\b((?:process|nodejs)_\w+)\{/g)) expect([...known]).to.include(name)
  })

  it('has a dashboard that Grafana takes: one data source, panels beside and below each other, each with a question', async () => {
    type Panel = {
      id: number
      type: string
      title: string
      gridPos: { h: number; w: number; x: number; y: number }
      targets?: readonly { expr: string; datasource: { uid: string } }[]
    }
    const dashboard = JSON.parse(await readFile(join(folder, 'grafana.json'), 'utf8'))
    const panels: readonly Panel[] = dashboard.panels
    expect(new Set(panels.map(({ id }) => id)).size).to.equal(panels.length)
    const taken = new Set<string>()
    for (const { type, title, targets = [], gridPos } of panels) {
      expect(gridPos.x + gridPos.w, title).to.be.at.most(24)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x} ${y}`), `${title} lies over another`).to.equal(false)
          taken.add(`${x} ${y}`)
        }
      }
      if (type === 'row') continue
      expect(targets.length, title).to.be.greaterThan(0)
      for (const { datasource } of targets) expect(datasource.uid).to.equal('$' + '{datasource}')
    }
  })

  it('has alert rules that Prometheus takes, and that raise what they should and nothing else', async () => {
    const tool = await promtool()
    const checked = await run(tool, ['check', 'rules', join(folder, 'alerts.yml')])
    expect(checked.stdout).to.match(/SUCCESS: \d+ rules found/)
    const tested = await run(tool, ['test', 'rules', join(folder, 'alerts.test.yml')])
    expect(tested.stdout).to.match(/SUCCESS/)
  })
})
