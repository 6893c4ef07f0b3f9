import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import express, { type Router } from 'express'

const swagger = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))

/** The console (one page, its own paths below /console/), the offline verifier, and the API's documentation. */
export function pages(consoleFolder: string): Router {
  const router = express.Router()
  const page = join(consoleFolder, 'index.html')
  router.get('/', (_request, response) => response.redirect(302, '/console/'))
  router.use('/console/assets', express.static(join(consoleFolder, 'assets'), { immutable: true, maxAge: '1y' }))
  router.use('/console', express.static(consoleFolder, { index: false, maxAge: 0 }))
  router.get(['/console', '/console/*path'], (_request, response, next) =>
    existsSync(page) ? response.sendFile(page, { headers: { 'Cache-Control': 'no-cache' } }) : next(),
  )
  router.get('/docs/start.js', (_request, response) => response.type('text/javascript').send(startSwagger))
  router.get(['/docs', '/docs/'], (_request, response) => response.type('html').send(docs))
  router.use('/docs', express.static(swagger, { index: false, maxAge: '1h' }))
  return router
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
