import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import express, { type RequestHandler, type Router } from 'express'

const swagger = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))

/** The console (one page, its own paths below /console/), the offline verifier, and the API's documentation. */
export function pages(built: { readonly console: string; readonly verifier: string }): Router {
  const router = express.Router()
  const page = join(built.console, 'index.html')
  router.get(['/verify', '/verify.html'], verifierPage(built.verifier))
  router.get('/', (_request, response) => response.redirect(302, '/console/'))
  router.use(
    '/console/assets',
    wasmForReader,
    express.static(join(built.console, 'assets'), { immutable: true, maxAge: '1y' }),
  )
  router.use('/console', express.static(built.console, { index: false, maxAge: 0 }))
  router.get(['/console', '/console/*path'], (_request, response, next) =>
    existsSync(page) ? response.sendFile(page, { headers: { 'Cache-Control': 'no-cache' } }) : next(),
  )
  router.get('/docs/start.js', (_request, response) => response.type('text/javascript').send(startSwagger))
  router.get(['/docs', '/docs/'], (_request, response) => response.type('html').send(docs))
  router.use('/docs', express.static(swagger, { index: false, maxAge: '1h' }))
  return router
}

/**
 * The thread that reads barcodes runs WebAssembly, and is let by its own response: a worker takes its policy from there. No
 * page is. It can reach nothing but this origin.
 */
const wasmForReader: RequestHandler = (request, response, next) => {
  if (/^\/reader\.worker-[\w-]+\.js$/.test(request.path)) {
    response.set(
      'Content-Security-Policy',
      "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'",
    )
  }
  next()
}

/**
 * One self-contained file, the same bytes that anybody may keep and open from a disk. It brings its own policy, by the
 * hash of its one script; the header says the same, and what only a header can say.
 */
const verifierPage =
  (file: string): RequestHandler =>
  async (_request, response, next) => {
    if (!existsSync(file)) return next()
    const html = await readFile(file, 'utf8')
    const policy = /<meta http-equiv="Content-Security-Policy" content="([^"]+)">/.exec(html)?.[1]
    if (policy === undefined) throw new Error('the verifier has no content security policy')
    response.set('Content-Security-Policy', `${policy}; frame-ancestors 'none'`)
    response.set('Cache-Control', 'no-cache').type('html').send(html)
  }

const startSwagger = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#api', deepLinking: true })\n`

const docs = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Tallystick API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<div id="api"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</html>
`
