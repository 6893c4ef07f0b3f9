import { expect } from 'chai'
import { readAtMost } from '../../core/read-at-most.ts'
import { rejection } from '../ledger/open-ledger.ts'

describe('an answer that is read', () => {
  it('is whole up to the most that it may be', async () => {
    expect(await readAtMost(new Response('abc'), 3)).to.deep.equal(new TextEncoder().encode('abc'))
    expect(await readAtMost(new Response(null), 0)).to.have.lengthOf(0)
  })

  it('is let go of at the first byte beyond, whatever length it named and however long it goes on', async () => {
    let pulled = 0
    let cancelled = false
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++
        controller.enqueue(new Uint8Array(1024))
      },
      cancel() {
        cancelled = true
      },
    })
    const response = new Response(endless, { headers: { 'Content-Length': '1' } })
    expect(await rejection(readAtMost(response, 10_000))).to.be.instanceOf(RangeError)
    expect(cancelled).to.equal(true)
    expect(pulled).to.be.lessThan(20)
  })
})
