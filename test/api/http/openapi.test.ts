import { expect } from 'chai'
import { openapi } from '../../../api/http/openapi.ts'
import { refusals } from '../../../core/errors.ts'
import { makeThing, readThing, takeText } from './tiny.ts'

/** As a reader of the file meets it. */
const document: unknown = JSON.parse(JSON.stringify(openapi([makeThing, takeText, readThing], '1.2.3')))

/** The value at a path of names; undefined where it leads nowhere. */
const at = (from: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined,
    from,
  )
const members = (of: unknown): unknown[] => (typeof of === 'object' && of ? Object.values(of) : [])

describe('the OpenAPI document', () => {
  const post = at(document, 'paths', '/things/{id}', 'post')
  const json = ['content', 'application/json', 'schema'] as const

  it('is of version 3.1 and names every operation once', () => {
    expect(at(document, 'openapi')).to.equal('3.1.0')
    const operations = members(at(document, 'paths')).flatMap(members)
    const ids = operations.map(it => at(it, 'operationId'))
    expect(ids).to.have.members(['makeThing', 'readThing', 'takeText'])
  })

  it('has path and query as the contract has them', () => {
    expect(at(post, 'parameters')).to.deep.equal([
      { name: 'id', in: 'path', required: true, schema: { type: 'string', pattern: '^[a-z]{1,8}$' } },
      { name: 'twice', in: 'query', required: false, schema: { type: 'string', enum: ['yes', 'no'] } },
    ])
  })

  it('has the body that is taken, strict, under each of its media types', () => {
    const body = at(post, 'requestBody', ...json)
    expect(body).to.deep.include({ required: ['name'], additionalProperties: false })
    const text = at(document, 'paths', '/text', 'post', 'requestBody', 'content')
    expect(text).to.have.all.keys('application/jose', 'application/jose+json')
  })

  it('has big integers as strings of digits', () => {
    const reply = at(post, 'responses', '201', ...json, 'properties')
    expect(at(reply, 'amount')).to.deep.include({ type: 'string', pattern: '^-?\\d+$' })
    expect(at(reply, 'at')).to.deep.include({ type: 'string', format: 'date-time' })
  })

  it('says who may, and that public addresses take no token', () => {
    expect(at(post, 'x-roles')).to.deep.equal(['distributor', 'hospital', 'bank'])
    expect(at(post, 'security')).to.deep.equal([{ dpop: [] }])
    expect(at(document, 'paths', '/things', 'get'))
      .to.include.keys('responses')
      .and.not.include.keys('security')
  })

  it('names each refusal under its status, the route’s own and those that any route has', () => {
    for (const code of ['DOCUMENT_EXISTS', 'ROLE_FORBIDDEN', 'BODY_TOO_LARGE', 'RATE_LIMITED'] as const) {
      expect(at(post, 'responses', String(refusals[code][0]), 'description')).to.contain(`\`${code}\``)
    }
    const codes = at(document, 'components', 'schemas', 'Problem', 'properties', 'code', 'enum')
    expect(codes).to.deep.equal(Object.keys(refusals))
  })
})
