import { expect } from 'chai'
import { aiAt, checkValue, findAi } from '../../../core/identifier/ai.ts'
import { aiTable } from '../../../core/identifier/ai-table.ts'

const ai = (code: string) => findAi(code) ?? expect.fail(`(${code}) is missing`)

/** Every code the table covers, ranges written out. */
const codes = aiTable.flatMap(([ais]) => {
  const [first = '', last = first] = ais.split('-')
  return Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) =>
    String(Number(first) + i).padStart(first.length, '0'),
  )
})

describe('application identifiers', () => {
  it('are all found, and none begins another', () => {
    expect(codes).to.have.length.above(500)
    for (const code of codes) {
      expect(ai(code).code).to.equal(code)
      expect(aiAt(`x${code}123456`, 1)?.code, code).to.equal(code)
    }
    expect(findAi('89')).to.equal(undefined)
    expect(findAi('3106')).to.equal(undefined)
  })

  it('know their lengths, flags, qualifiers and companions', () => {
    expect(ai('01')).to.include({ title: 'GTIN', predefined: true, attribute: true, minLength: 14, maxLength: 14 })
    expect(ai('01').qualifiers).to.deep.equal([['22', '10', '21'], ['235']])
    expect(ai('00').qualifiers).to.deep.equal([[]])
    expect(ai('10')).to.include({ predefined: false, minLength: 1, maxLength: 20, qualifiers: undefined })
    expect(ai('21')).to.include({ attribute: false })
    expect(ai('253')).to.include({ minLength: 13, maxLength: 30 })
    expect(ai('8008')).to.include({ minLength: 8, maxLength: 12 })
    expect(ai('3922').requires).to.deep.equal([
      [
        ['01', '30'],
        ['01', '31nn'],
        ['01', '32nn'],
        ['01', '35nn'],
        ['01', '36nn'],
      ],
    ])
    expect(ai('3922').excludes).to.deep.equal(['392n', '393n'])
  })

  it('check values part by part, optional parts included', () => {
    expect(checkValue(ai('7007'), '211225')).to.equal(undefined)
    expect(checkValue(ai('7007'), '211225211231')).to.equal(undefined)
    expect(checkValue(ai('7007'), '2112252112')).to.include({ code: 'VALUE_TOO_SHORT', position: 10 })
    expect(checkValue(ai('7007'), '211225211331')).to.include({ rule: 'yymmdd', code: 'ILLEGAL_MONTH', position: 8 })
    expect(checkValue(ai('10'), '')).to.include({ code: 'VALUE_TOO_SHORT' })
    expect(checkValue(ai('10'), 'x'.repeat(21))).to.include({ code: 'VALUE_TOO_LONG', position: 20 })
  })
})
