import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { contracts } from '../../api/contracts.ts'
import { openapi } from '../../api/http/openapi.ts'

const read = (path: string): unknown => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'))

describe('the description of the API', () => {
  it('is the one in docs/openapi.json; make it anew with scripts/openapi.ts', () => {
    const { version } = read('package.json') as { version: string }
    expect(JSON.parse(JSON.stringify(openapi(contracts, version)))).to.deep.equal(read('docs/openapi.json'))
  })

  it('names each operation and each place once', () => {
    const operations = contracts.map(({ operation }) => operation)
    expect(new Set(operations).size).to.equal(operations.length)
    const places = contracts.map(({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`)
    expect(new Set(places).size).to.equal(places.length)
  })
})
