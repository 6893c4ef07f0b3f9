import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { chromium } from 'playwright-core'
import { atTheBench, gtin } from './bench.ts'
import { browserOptions, type Demonstration, demonstration, mustBeAccessible, temporaryFolder } from './support.ts'

const WIDTH = 640
const HEIGHT = 480

describe('scanning with the camera', function () {
  this.timeout(240_000)
  let demo: Demonstration

  before(async () => {
    demo = await demonstration()
  })

  /** The node's own labels, held before a camera one after the other, with nothing in between. */
  const film = async (labels: readonly (readonly [code: string, symbology: string])[]): Promise<string> => {
    const page = await demo.browser.newPage({ viewport: { width: WIDTH, height: HEIGHT } })
    const frames = []
    for (const [code, symbology] of labels) {
      const answer = await fetch(`${demo.market}/api/v1/labels?${new URLSearchParams({ code, symbology })}`)
      expect(answer.status, code).to.equal(200)
      await page.setContent(
        `<body style="margin:0;background:#9a9a92;display:grid;place-items:center;height:100vh">
          <div style="background:#fff;padding:20px;transform:rotate(7deg)">${await answer.text()}</div></body>
          <style>svg{height:300px;width:auto}</style>`,
      )
      frames.push(await luminance(await page.screenshot()))
    }
    await page.setContent('<body style="background:#777">')
    const nothing = await luminance(await page.screenshot())
    await page.close()
    const file = join(await temporaryFolder('tallystick-film-'), 'labels.y4m')
    await writeFile(file, y4m(frames.flatMap(frame => [...Array(6).fill(frame), ...Array(3).fill(nothing)])))
    return file
  }

  const luminance = async (png: Buffer): Promise<Buffer> => {
    const page = await demo.browser.newPage()
    const base64 = await page.evaluate<string>(`(async () => {
      const image = await createImageBitmap(await (await fetch('data:image/png;base64,${png.toString('base64')}')).blob())
      const canvas = new OffscreenCanvas(${WIDTH}, ${HEIGHT})
      const context = canvas.getContext('2d')
      context.drawImage(image, 0, 0)
      const { data } = context.getImageData(0, 0, ${WIDTH}, ${HEIGHT})
      let text = ''
      for (let i = 0; i < data.length; i += 4) {
        text += String.fromCharCode(Math.round(16 + (0.257 * data[i] + 0.504 * data[i + 1] + 0.098 * data[i + 2])))
      }
      return btoa(text)
    })()`)
    await page.close()
    return Buffer.from(base64, 'base64')
  }

  const withCamera = async (args: readonly string[], work: (demo: Demonstration) => Promise<void>): Promise<void> => {
    const browser = await chromium.launch({
      executablePath: browserOptions.executablePath,
      args: [...browserOptions.args, ...args],
    })
    try {
      await work({ ...demo, browser })
    } finally {
      await browser.close()
    }
  }

  it('reads printed labels out of the picture, in a thread of its own and from this origin alone', async () => {
    const file = await film([
      [`(01)${gtin}(21)900040005`, 'gs1-datamatrix'],
      [`(01)${gtin}(10)LOT9(17)301231(21)900040006`, 'gs1-datamatrix'],
      [`(01)${gtin}(21)900040007`, 'qr'],
    ])
    const camera = [
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-video-capture=${file}`,
    ]
    await withCamera(camera, async filmed => {
      const { page, faults } = await atTheBench(filmed)
      const asked: string[] = []
      page.context().on('request', request => asked.push(new URL(request.url()).pathname))
      await page.getByRole('button', { name: '用相机扫码' }).click()
      await page
        .getByText(/^已扫 3 \/ 应有 21$/)
        .first()
        .waitFor({ timeout: 60_000 })
      for (const n of [5, 6, 7]) {
        const row = page.getByRole('listitem').filter({ hasText: `90004000${n}` })
        await row.getByText('已扫', { exact: true }).waitFor()
      }
      await mustBeAccessible(page)
      expect(asked.some(path => path.endsWith('.wasm'))).to.equal(true)
      // Shown again it is a duplicate, and nothing is counted twice.
      await page.locator('.verdict-box').getByText('扫过了').waitFor({ timeout: 60_000 })
      await page.getByRole('button', { name: '关闭相机' }).click()
      await page.locator('video').waitFor({ state: 'detached' })
      expect(faults).to.deep.equal([])
    })
  })

  it('says why there is no picture', async () => {
    // Neither a camera nor somebody who allows it.
    await withCamera(['--deny-permission-prompts'], async blind => {
      const { page } = await atTheBench(blind)
      await page.getByRole('button', { name: '用相机扫码' }).click()
      await page.getByText(/这台设备没有可用的相机|浏览器不允许使用相机/).waitFor()
      await mustBeAccessible(page)
    })
  })

  it('lets only the thread that reads run WebAssembly', async () => {
    const policyOf = async (path: string) => (await fetch(demo.market + path)).headers.get('Content-Security-Policy')
    expect(await policyOf('/console/')).to.match(/script-src 'self'(;|$)/)
    const page = await (await fetch(`${demo.market}/console/`)).text()
    const [, main = ''] = /src="(\/console\/assets\/[^"]+)"/.exec(page) ?? []
    expect(await policyOf(main)).to.not.contain('wasm-unsafe-eval')
    const [reader] = (await readdir(join(import.meta.dirname, '..', '..', 'console', 'dist', 'assets'))).filter(it =>
      it.startsWith('reader.worker-'),
    )
    expect(await policyOf(`/console/assets/${reader}`)).to.equal(
      "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'",
    )
  })
})

/** Uncompressed video as Chromium's pretended camera takes it: 5 frames a second, without colour. */
const y4m = (frames: readonly Buffer[]): Buffer => {
  const grey = Buffer.alloc((WIDTH * HEIGHT) / 2, 128)
  return Buffer.concat([
    Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F5:1 Ip A1:1 C420mpeg2\n`),
    ...frames.flatMap(frame => [Buffer.from('FRAME\n'), frame, grey]),
  ])
}
