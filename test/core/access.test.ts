import { expect } from 'chai'
import { access, relations, roles, type Surface } from '../../core/access.ts'

describe('the access table', () => {
  const surfaces = Object.keys(access) as Surface[]

  it('lets nobody do anything who has no role, but for what is public', () => {
    for (const surface of surfaces) expect(relations(surface, []).length > 0, surface).to.equal(surface === 'public')
  })

  it('lets a bank see trade data by authorization alone', () => {
    for (const surface of surfaces) {
      const row = relations(surface, ['bank'])
      // What a register told the bank it signs itself, and sees that alone.
      if (surface === 'documents:write') expect(row).to.deep.equal(['submitter'])
      else if (/^(documents|events|questions|confirmations|identifiers):/.test(surface) && !surface.endsWith(':read')) {
        expect(row, surface).to.deep.equal([])
      }
    }
    expect(relations('documents:read', ['bank'])).to.deep.equal(['submitter'])
    expect(relations('events:read', ['bank'])).to.deep.equal([])
    expect(relations('releases:pull', ['bank'])).to.deep.equal(['authorized'])
  })

  it('lets an auditor write nothing', () => {
    const writing = surfaces.filter(surface =>
      /:(write|ask|mark|decide|capture|allocate|issue|pull|make|revoke|countersign)$/.test(surface),
    )
    expect(writing).to.have.length.greaterThan(10)
    for (const surface of writing) expect(relations(surface, ['auditor']), surface).to.deep.equal([])
  })

  it('lets the operator register others, and answer, authorize or finance for none of them', () => {
    expect(relations('organizations:write', ['operator'])).to.deep.equal(['anyone'])
    for (const surface of [
      'confirmations:write',
      'authorizations:write',
      'financings:mark',
      'documents:read',
    ] as const) {
      expect(relations(surface, ['operator']), surface).to.deep.equal([])
    }
  })

  it('adds up the relations of several roles, each once', () => {
    expect(relations('documents:read', ['hospital', 'distributor'])).to.have.members(['submitter', 'counterparty'])
    expect(relations('organizations:read', roles)).to.deep.equal(['anyone'])
  })
})
