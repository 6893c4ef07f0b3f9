import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { Refusal } from '../../core/errors.ts'
import { parseGeneral } from '../../core/jws-general.ts'
import { typ } from '../../core/typ.ts'
import { agreementOf, foundParties } from '../exchange/parties.ts'
import type { Party } from '../support/parties.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { deskOf, expectCouldNotRun, newFolder, tallystick } from './running.ts'

describe('clerks on the command line', () => {
  let server: TestServer
  let seller: Party
  let desk: string
  let agreement: string
  const until = '2027-12-31T16:00:00Z'

  before(async () => {
    server = await startTestServer()
    seller = await server.party('distributor')
    desk = await deskOf(seller)
    agreement = join(await newFolder(), 'agreement.json')
    await writeFile(agreement, JSON.stringify(agreementOf(await foundParties())))
  })
  after(() => server.stop())

  const done = async (...args: readonly string[]): Promise<string> => {
    const { code, out, error } = await tallystick(args)
    expect(error).to.deep.equal([])
    expect(code).to.equal(0)
    return out.join('')
  }
  const clerk = async (name: string, ...limits: readonly string[]): Promise<string> => {
    const folder = join(await newFolder(), 'clerk')
    await done('clerk', 'key', folder, '--name', name)
    const given = ['clerk', 'mandate', join(folder, 'clerk.json'), '--as', desk, '--until', until, ...limits]
    await writeFile(join(folder, 'mandate.jws'), await done(...given))
    return folder
  }
  const signed = (folder: string, ...more: readonly string[]) =>
    done('sign', 'authorization', agreement, '--clerk', folder, '--seq', '1', ...more)
  const whose = async (text: string) => {
    const jws = parseGeneral(text)
    if (!jws.ok) throw new Error(jws.detail)
    const asking = server.identity.signerOf(jws.signatures[0]?.compact ?? '', typ.authorization)
    return asking.then(
      it => it.uscc,
      error => (error instanceof Refusal ? error.code : error),
    )
  }

  it('make a key of their own, sign by their mandate, and a node takes it as their organization’s word', async () => {
    const folder = await clerk('王敏', '--act', 'authorization')
    expect((await stat(join(folder, 'key.pem'))).mode & 0o777).to.equal(0o600)
    expect(await readFile(join(folder, 'clerk.json'), 'utf8')).to.not.contain('"d"')
    expect(await whose(await signed(folder))).to.equal(seller.uscc)
  })

  it('are told before they sign what their mandate does not let them', async () => {
    const folder = await clerk('王敏', '--act', 'question', '--amount', '100', '--currency', 'CNY')
    const sign = ['sign', 'authorization', agreement, '--clerk', folder, '--seq', '1']
    expectCouldNotRun(await tallystick(sign), 'does not name acts of the kind')
    expectCouldNotRun(await tallystick(['sign', 'policy', agreement, '--clerk', folder, '--seq', '1']), 'no clerk can')
    expectCouldNotRun(await tallystick([...sign, '--as', desk]), 'name --as or --clerk')
  })

  it('sign with a second clerk’s word where the mandate asks for one, and not without', async () => {
    const [one, two] = [
      await clerk('王敏', '--act', 'authorization', '--two-persons'),
      await clerk('李强', '--act', 'authorization'),
    ]
    expect(await whose(await signed(one))).to.equal('MANDATE_INVALID')
    const word = join(two, 'word.jws')
    await writeFile(word, await done('clerk', 'approve', 'authorization', agreement, '--clerk', two))
    expect(await whose(await signed(one, '--approval', word))).to.equal(seller.uscc)
    await writeFile(word, await done('clerk', 'approve', 'authorization', agreement, '--clerk', one))
    expect(await whose(await signed(one, '--approval', word)), 'nobody is two').to.equal('MANDATE_INVALID')
  })

  it('are mandated in terms that a node takes, or not at all', async () => {
    const folder = join(await newFolder(), 'clerk')
    await done('clerk', 'key', folder, '--name', '王敏')
    const mandate = ['clerk', 'mandate', join(folder, 'clerk.json'), '--as', desk, '--act', 'question']
    expectCouldNotRun(await tallystick([...mandate, '--until', 'tomorrow']), /^notAfter: /)
    expectCouldNotRun(await tallystick([...mandate, '--until', '2020-01-01T00:00:00Z']), 'ends before it begins')
    expectCouldNotRun(await tallystick([...mandate, '--until', until, '--amount', '5']), '--amount goes with')
    expectCouldNotRun(await tallystick([...mandate, '--until', until, '--with', 'nobody']), /^counterparties\/0: /)
    expectCouldNotRun(await tallystick(['clerk', 'key', folder, '--name', '王敏']), 'has a key already')
  })
})
