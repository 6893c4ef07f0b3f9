import express, { type Router } from 'express'
import type { Metrics } from './metrics.ts'

export type Health = {
  /** One entry a dependency: true, or why not. Database and log decide readiness; the chain is only told. */
  check(): Promise<{ ready: boolean; parts: Readonly<Record<string, string>> }>
}

export function health({ check }: Health, metrics: Metrics): Router {
  const router = express.Router()
  router.get('/healthz', (_request, response) => response.json({ status: 'ok' }))
  router.get('/readyz', async (_request, response) => {
    const { ready, parts } = await check()
    if (!ready) response.status(503).set('Retry-After', '2')
    response.json({ status: ready ? 'ready' : 'not ready', ...parts })
  })
  // For whoever spreads load over the processes of a node: any ready one serves reads, this one takes records.
  router.get('/readyz/writer', async (_request, response) => {
    const { ready, parts } = await check()
    const writes = ready && parts.writer === 'writing'
    if (!writes) response.status(503).set('Retry-After', '2')
    response.json({ status: writes ? 'ready' : 'not ready', ...parts })
  })
  router.get('/metrics', async (_request, response) => {
    response.set('Content-Type', metrics.contentType).send(await metrics.text())
  })
  return router
}
