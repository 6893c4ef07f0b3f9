import { expect } from 'chai'
import { useWorld } from './world.ts'

describe('any code of the sample', () => {
  const world = useWorld()
  const ask = (path: string) => fetch(world().market + path, { redirect: 'manual' })

  it('of a paper leads to what its holder has', async () => {
    const answer = await ask('/253/690123400003042000000000000018')
    expect(answer.status).to.equal(307)
    expect(answer.headers.get('Location')).to.match(/\/console\/document\?code=/)
  })

  it('of an item tells all its links', async () => {
    const answer = await ask('/01/06901234900026?linkType=linkset')
    expect(answer.status).to.equal(200)
    expect(answer.headers.get('Content-Type')).to.include('application/linkset+json')
  })

  it('with an unknown serial is said to be unregistered', async () => {
    const answer = await ask('/01/06901234900026/21/999')
    expect(answer.status).to.equal(404)
    expect(await answer.json()).to.deep.include({ code: 'CODE_UNREGISTERED' })
  })

  it('with a wrong check digit is none', async () => {
    const answer = await ask('/01/06901234900027')
    expect(answer.status).to.equal(400)
    expect(await answer.json()).to.deep.include({ code: 'CODE_INVALID' })
  })
})
