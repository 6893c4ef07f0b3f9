import express, { type Router } from 'express'
import type { Asked, Route } from '../core/contract.ts'
import { epcFormats } from '../core/epcis/epc-format.ts'
import { Refusal } from '../core/errors.ts'
import { capture } from './contract.ts'
import { epcisHeaders } from './query/document.ts'
import { epcFormatOf, inFormat } from './query/format.ts'

/** Most events that one document may hold: so many have commitments in the signed list of a device. */
const CAPTURE_LIMIT = 10_000

const epcisRoot = '/epcis'
const isEpcis = (path: string): boolean => path === epcisRoot || path.startsWith(`${epcisRoot}/`)

/**
 * What holds for each resource of the standard's interface, whatever it does: the versions and forms a client accepts are
 * looked at before anything else, and every answer says which it has. Refusal NOT_ACCEPTABLE.
 */
export const asEpcis = (route: Route): Route => {
  if (!isEpcis(route.contract.path)) return route
  return {
    contract: route.contract,
    async handle(asked) {
      const { header } = (asked as Asked<unknown, unknown, unknown>).request
      mustBeServed(header)
      const format = epcFormatOf(header('GS1-EPC-Format'))
      const type = typeOf(header('Accept'), route.contract.reply.type)
      const answer = await route.handle(asked)
      const headers = { ...epcisHeaders, ...answer.headers, ...(type === undefined ? {} : { 'Content-Type': type }) }
      return { ...answer, headers, body: inFormat(format, answer.body) }
    },
  }
}

type Header = (name: string) => string | undefined

/** There is one version here: 2.0. What is sent as another, or wanted below or above it, is not served. */
const mustBeServed = (header: Header): void => {
  for (const family of ['GS1-EPCIS', 'GS1-CBV']) {
    const [exact, least, most] = ['Version', 'Min', 'Max'].map(which => versionOf(header(`${family}-${which}`)))
    const fits =
      (exact === undefined || compare(exact, served) === 0) &&
      (least === undefined || compare(least, served) <= 0) &&
      (most === undefined || compare(most, served) >= 0)
    if (!fits) throw new Refusal('NOT_ACCEPTABLE', `${family} is served in version 2.0.0`)
  }
}

const served = [2, 0] as const

/** Major and minor; the third number changes no meaning. */
const versionOf = (text: string | undefined): readonly number[] | undefined => {
  if (text === undefined) return undefined
  const [, major, minor] = /^(\d{1,3})(?:\.(\d{1,3}))?(?:\.\d{1,3})?$/.exec(text.trim()) ?? []
  if (major === undefined) throw new Refusal('NOT_ACCEPTABLE', `${text.slice(0, 40)} is no version`)
  return [Number(major), Number(minor ?? 0)]
}

const compare = (one: readonly number[], other: readonly number[]): number =>
  (one[0] ?? 0) - (other[0] ?? 0) || (one[1] ?? 0) - (other[1] ?? 0)

/** JSON under either of its names; undefined where nobody asked, so that the contract's stands. */
const typeOf = (accept: string | undefined, own: string | undefined): string | undefined => {
  if (accept === undefined) return undefined
  const ranges = accept
    .toLowerCase()
    .split(',')
    .map(range => range.trim())
    .filter(range => !/;\s*q=0(\.0*)?\s*(;|$)/.test(range))
    .map(range => range.split(';')[0]?.trim() ?? '')
  if (ranges.some(range => range === '*/*' || range === 'application/*' || range === own)) return undefined
  if (ranges.includes('application/ld+json') && own !== undefined) return 'application/ld+json'
  if (ranges.includes('application/json')) return 'application/json'
  // An answer that is no document of the standard is JSON-LD as much as JSON.
  if (ranges.includes('application/ld+json')) return 'application/ld+json'
  throw new Refusal('NOT_ACCEPTABLE', 'Answers are application/json or application/ld+json')
}

/** OPTIONS tells anybody what a resource can do (EPCIS 2.0, 12.3); any method that it has not is 405. */
export const epcisDiscovery = (routes: readonly Route[]): Router => {
  const router = express.Router({ caseSensitive: true, strict: true })
  const byPath = Map.groupBy(
    routes.map(it => it.contract).filter(it => isEpcis(it.path)),
    it => it.path.replaceAll(/\{(\w+)\}/g, ':$1'),
  )
  for (const [path, contracts] of byPath) {
    const methods = new Set(contracts.map(it => it.method.toUpperCase()))
    const allow = ['OPTIONS', ...methods, ...(methods.has('GET') ? ['HEAD'] : [])]
    router.all(path, (request, response, next) => {
      if (request.method !== 'OPTIONS' && allow.includes(request.method)) return next()
      response.set('Allow', allow.join(', '))
      if (request.method !== 'OPTIONS') return void response.status(405).end()
      response.set({ ...discovery, ...(path === capture.path ? captureDiscovery : {}) })
      response.status(204).end()
    })
  }
  return router
}

const discovery = {
  ...epcisHeaders,
  ...{ 'GS1-EPCIS-Min': '2.0.0', 'GS1-EPCIS-Max': '2.0.0', 'GS1-CBV-Min': '2.0.0', 'GS1-CBV-Max': '2.0.0' },
  'GS1-EPC-Format': epcFormats.join(', '),
}

const captureDiscovery = {
  'GS1-EPCIS-Capture-Limit': String(CAPTURE_LIMIT),
  'GS1-EPCIS-Capture-File-Size-Limit': String(capture.body?.limit ?? 0),
  'GS1-Capture-Error-Behaviour': 'all',
}
