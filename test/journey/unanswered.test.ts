import { expect } from 'chai'
import { answer } from '../../scripts/sample/money.ts'
import { useWorld } from './world.ts'

type Question = {
  readonly question: {
    readonly invoice: string
    readonly commitment: string
    readonly opened: Readonly<Record<'number' | 'issueDate' | 'gross' | 'currency' | 'seller' | 'buyer', string>>
  }
}

/** After all others in this folder, by its name: it changes what they count. */
describe('the one question without an answer', function () {
  this.timeout(60_000)
  const world = useWorld()

  it('can still be answered, and is in nobody’s inbox then', async () => {
    const open = () => world().all<Question>('hospital', '/api/v1/questions?answered=false')
    const [only, ...others] = await open()
    expect(others).to.deep.equal([])
    if (!only) throw new Error('one question is open')
    const { invoice, commitment, opened } = only.question
    const facts = { ...opened, parties: { seller: opened.seller, buyer: opened.buyer } }
    const paper = { code: invoice, commitment, index: '0', number: opened.number }
    await answer(await world().actor('hospital'), paper, facts, 'AP')
    expect(await open()).to.deep.equal([])
  })
})
