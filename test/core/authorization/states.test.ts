import { expect } from 'chai'
import fc from 'fast-check'
import {
  type AuthorizationState,
  freeze,
  type Move,
  mayMove,
  stateAfter,
  states,
} from '../../../core/authorization/states.ts'
import { id, seller } from './example.ts'

const authorization = '0197b3a0-0000-4000-8000-000000000001'
const run = (...through: readonly AuthorizationState[]): Move[] =>
  through.slice(1).map((to, i) => ({ authorization, from: through[i]!, to, at: '2026-03-01T00:00:00Z', by: seller }))

describe('the state of an authorization', () => {
  it('follows from its moves', () => {
    expect(stateAfter(authorization, [])).to.equal('draft')
    expect(
      stateAfter(authorization, run('draft', 'signed', 'countersigned', 'active', 'suspended', 'active')),
    ).to.equal('active')
  })

  it('is none when a move is left out, not legal, or of another authorization', () => {
    const moves = run('draft', 'signed', 'countersigned', 'active')
    expect(stateAfter(authorization, moves.toSpliced(1, 1))).to.equal(undefined)
    expect(stateAfter(authorization, run('draft', 'active'))).to.equal(undefined)
    expect(stateAfter('another', moves)).to.equal(undefined)
  })

  it('never leaves an end, and is active only by the way of both signatures', () => {
    for (const end of ['revoked', 'expired', 'exhausted', 'superseded'] as const) {
      for (const to of states) expect(mayMove(end, to)).to.equal(false)
    }
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...states), { maxLength: 8 }), through => {
        const moves = run('draft', ...through)
        if (stateAfter(authorization, moves) !== 'active') return
        expect(moves.map(move => move.to).slice(0, 3)).to.deep.equal(['signed', 'countersigned', 'active'])
      }),
    )
  })
})

describe('what a selector stood for', () => {
  it('has one hash, whatever the order and repetition', () => {
    expect(freeze([[id('b'), id('a'), id('b')], []])).to.deep.equal(freeze([[id('a'), id('b')], []]))
    expect(freeze([[id('a')], []]).hash).to.not.equal(freeze([[], [id('a')]]).hash)
  })
})
