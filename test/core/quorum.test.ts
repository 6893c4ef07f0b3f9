import { expect } from 'chai'
import fc from 'fast-check'
import type { NoteKey } from '../../core/note.ts'
import { isPossible, metAt, type Quorum, repeatedKey } from '../../core/quorum.ts'

const key = (n: number): NoteKey => ({ name: `w.example/${n}`, publicKey: new Uint8Array(32).fill(n) })
const [x1, x2, x3, y1, y2] = [1, 2, 3, 4, 5].map(key) as [NoteKey, NoteKey, NoteKey, NoteKey, NoteKey]

/** Seconds at which each spoke. */
const at =
  (...spoke: readonly (readonly [NoteKey, number])[]) =>
  (of: NoteKey) => {
    const found = spoke.find(([it]) => it === of)
    return found && new Date(found[1] * 1000)
  }

describe('a quorum of witnesses', () => {
  it('is met when the last of those needed has spoken', () => {
    const two: Quorum = { quorum: 2, keys: [x1, x2, x3] }
    expect(metAt(two, at([x1, 5]))).to.equal(undefined)
    expect(metAt(two, at([x1, 5], [x3, 9]))).to.deep.equal(new Date(9000))
    expect(metAt(two, at([x1, 5], [x2, 7], [x3, 9]))).to.deep.equal(new Date(7000))
    expect(metAt({ quorum: 0, keys: [] }, at())).to.deep.equal(new Date(0))
  })

  it('counts a group as one, when its own quorum is met: the example of C2SP tlog-policy', () => {
    const policy: Quorum = {
      ...{ quorum: 2, keys: [] },
      groups: [
        { quorum: 2, keys: [x1, x2, x3] },
        { quorum: 1, keys: [y1, y2] },
      ],
    }
    expect(metAt(policy, at([x1, 1], [x2, 2], [x3, 3]))).to.equal(undefined)
    expect(metAt(policy, at([x1, 1], [y1, 2], [y2, 3]))).to.equal(undefined)
    expect(metAt(policy, at([x1, 1], [x3, 4], [y2, 3]))).to.deep.equal(new Date(4000))
  })

  it('never needs more than there are, and names nobody twice under whatever name', () => {
    expect(isPossible({ quorum: 2, keys: [x1] })).to.equal(false)
    expect(isPossible({ quorum: 2, keys: [x1], groups: [{ quorum: 1, keys: [x2] }] })).to.equal(true)
    expect(isPossible({ quorum: 1, keys: [x1], groups: [{ quorum: 2, keys: [x2] }] })).to.equal(false)
    const alias = { ...x1, name: 'other.example' }
    expect(repeatedKey({ quorum: 2, keys: [x1, alias] })).to.equal(alias)
    expect(repeatedKey({ quorum: 2, keys: [x1], groups: [{ quorum: 1, keys: [alias] }] })).to.equal(alias)
    expect(repeatedKey({ quorum: 2, keys: [x1, x2] })).to.equal(undefined)
  })

  it('is met by the k-th of any times, in whatever order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { minLength: 1, maxLength: 9 }), fc.nat(9), (times, k) => {
        const keys = times.map((_, i) => key(i))
        const quorum = 1 + (k % times.length)
        const spoke = metAt({ quorum, keys }, at(...times.map((time, i) => [keys[i]!, time] as const)))
        expect(spoke?.getTime()).to.equal(times.toSorted((a, b) => a - b)[quorum - 1]! * 1000)
      }),
    )
  })
})
