import { createHash } from 'node:crypto'
import { defineConfig, type Plugin } from 'vite'
import { viteSingleFile } from 'vite-plugin-singlefile'

/**
 * What the finished page may do, in the page itself, so that it holds from a disk, too: run this one script, use this one
 * style, and reach nobody.
 */
const policy = (): Plugin => ({
  name: 'policy',
  enforce: 'post',
  generateBundle: {
    order: 'post',
    handler(_options, files) {
      const page = files['index.html']
      if (page?.type !== 'asset') throw new Error('no page was made')
      const html = String(page.source)
      const scripts = hashes(html, /<script type="module"[^>]*>([\s\S]*?)<\/script>/g)
      const styles = hashes(html, /<style[^>]*>([\s\S]*?)<\/style>/g)
      if (scripts.length !== 1 || styles.length !== 1) throw new Error('the page has not one script and one style')
      const rules = `default-src 'none'; script-src ${scripts[0]}; style-src ${styles[0]}; img-src data:; base-uri 'none'; form-action 'none'`
      page.source = html.replace(
        '<meta charset="utf-8">',
        () => `<meta charset="utf-8">\n    <meta http-equiv="Content-Security-Policy" content="${rules}">`,
      )
      page.fileName = 'verify.html'
    },
  },
})

const hashes = (html: string, element: RegExp): readonly string[] =>
  [...html.matchAll(element)].map(it => `'sha256-${createHash('sha256').update(it[1]!).digest('base64')}'`)

export default defineConfig({
  root: import.meta.dirname,
  plugins: [viteSingleFile({ removeViteModuleLoader: true }), policy()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2024',
    modulePreload: false,
    chunkSizeWarningLimit: 1000,
  },
})
