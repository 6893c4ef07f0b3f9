import { expect } from 'chai'
import { joined } from '../../db/joined.ts'

describe('joined calls', () => {
  /** Runs wait until they are let go, in turn. */
  const held = (limit?: number) => {
    const runs: { keys: readonly number[]; end: (error?: Error) => void }[] = []
    const call = joined<number, string>(
      keys =>
        new Promise((done, fail) => {
          runs.push({ keys, end: error => (error ? fail(error) : done(keys.map(key => `${key}!`))) })
        }),
      limit,
    )
    return { runs, call }
  }
  const turn = () => new Promise(done => setImmediate(done))

  it('run those of one turn together, and those that came while they ran, each with its own answer', async () => {
    const { runs, call } = held()
    const first = [call(1), call(2)]
    await turn()
    expect(runs.map(({ keys }) => keys)).to.deep.equal([[1, 2]])
    const answers = Promise.all([...first, call(3), call(4)])
    await turn()
    expect(runs).to.have.length(1)
    runs[0]?.end()
    await turn()
    expect(runs.map(({ keys }) => keys)).to.deep.equal([
      [1, 2],
      [3, 4],
    ])
    runs[1]?.end()
    expect(await answers).to.deep.equal(['1!', '2!', '3!', '4!'])
  })

  it('fail together when their run fails, and leave the next run alone', async () => {
    const { runs, call } = held()
    const first = call(1)
    await turn()
    const [second, third] = [call(2), call(3)]
    runs[0]?.end()
    expect(await first).to.equal('1!')
    await turn()
    const fourth = call(4)
    runs[1]?.end(new Error('lost'))
    const settled = await Promise.allSettled([second, third])
    expect(settled.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected'])
    await turn()
    runs[2]?.end()
    expect(await fourth).to.equal('4!')
  })

  it('are no more in one run than the limit', async () => {
    const { runs, call } = held(2)
    const answers = Promise.all([1, 2, 3, 4].map(call))
    await turn()
    for (let i = 0; i < 2; i++) {
      runs[i]?.end()
      await turn()
    }
    await answers
    expect(runs.map(({ keys }) => keys)).to.deep.equal([
      [1, 2],
      [3, 4],
    ])
  })
})
