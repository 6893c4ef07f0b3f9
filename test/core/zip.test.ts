import { expect } from 'chai'
import fc from 'fast-check'
import { strToU8, zipSync } from 'fflate'
import { concat, fromHex, hex, utf8 } from '../../core/bytes.ts'
import { readZip } from '../../core/zip.ts'

const archive = zipSync({ 'a.txt': strToU8('first'), 'b/c.txt': strToU8('second '.repeat(50)) })
const replace = (bytes: Uint8Array, from: string, to: string): Uint8Array =>
  fromHex(hex(bytes).replaceAll(hex(utf8(from)), hex(utf8(to))))
/** Little-endian bytes written at an offset counted from a signature's last place. */
const patched = (bytes: Uint8Array, signature: string, offset: number, value: number, width: 2 | 4 = 4): Uint8Array => {
  const copy = new Uint8Array(bytes)
  const at = hex(copy).lastIndexOf(signature) / 2 + offset
  const view = new DataView(copy.buffer)
  if (width === 2) view.setUint16(at, value, true)
  else view.setUint32(at, value, true)
  return copy
}
const END = '504b0506'
const CENTRAL = '504b0102'
const LOCAL = '504b0304'

describe('ZIP archives', () => {
  it('are read as they were written, whatever is in them', () => {
    const name = fc.stringMatching(/^[a-z0-9]{1,8}(\/[a-z0-9]{1,8}){0,2}\.x$/)
    fc.assert(
      fc.property(fc.dictionary(name, fc.uint8Array({ maxLength: 300 })), fc.constantFrom(0, 6), (files, level) => {
        const read = readZip(zipSync(files, { level: level as 0 | 6 }))
        expect(Object.fromEntries(read)).to.deep.equal({ ...files })
      }),
    )
  })

  it('are refused where readers would not agree', () => {
    const bad: Readonly<Record<string, Uint8Array>> = {
      nothing: new Uint8Array(),
      'something after the end': concat(archive, Uint8Array.of(0)),
      'something ahead': concat(Uint8Array.of(0), archive),
      'a comment that could hold another end': concat(patched(archive, END, 20, 22, 2), archive.subarray(-22)),
      'fewer entries than there are': patched(patched(archive, END, 8, 1, 2), END, 10, 1, 2),
      'an entry twice': replace(zipSync({ 'a.txt': utf8('1'), 'b.txt': utf8('2') }), 'b.txt', 'a.txt'),
      'another name in its own header': patched(archive, LOCAL, 30, 0x7878, 2),
      'an entry that lies elsewhere': patched(archive, CENTRAL, 42, 1),
      'two entries in one place': patched(archive, CENTRAL, 42, 0),
      encryption: patched(archive, CENTRAL, 8, 1, 2),
      'another method': patched(archive, CENTRAL, 10, 12, 2),
      'a wrong sum': patched(archive, CENTRAL, 16, 7),
      'a path upwards': replace(archive, 'b/c.txt', '../.txt'),
      'a path from the root': replace(archive, 'b/c.txt', '/bc.txt'),
      'a back slash': replace(archive, 'b/c.txt', 'b\\c.txt'),
      'a name that is not UTF-8': fromHex(hex(archive).replaceAll(hex(utf8('b/c.txt')), `${hex(utf8('b/c.tx'))}ff`)),
    }
    for (const [what, bytes] of Object.entries(bad)) expect(() => readZip(bytes), what).to.throw(SyntaxError)
  })

  it('are unpacked only as far as they say', () => {
    const bomb = zipSync({ 'a.bin': new Uint8Array(8 << 20) }, { level: 9 })
    expect(bomb.length).to.be.below(20_000)
    expect(() => readZip(bomb)).to.throw(SyntaxError, 'packed too tightly')
    // It says 10 bytes, and would give 8 million.
    expect(() => readZip(patched(bomb, CENTRAL, 24, 10))).to.throw(SyntaxError, 'more than it says')
    expect(() => readZip(patched(bomb, CENTRAL, 24, 0xffffffff))).to.throw(SyntaxError, 'too large')
    expect(() => readZip(archive, { entries: 1 })).to.throw(SyntaxError, 'at most 1')
    expect(() => readZip(archive, { entry: 10 })).to.throw(SyntaxError, 'too large')
    expect(() => readZip(archive, { total: 10 })).to.throw(SyntaxError, 'too large')
    expect(readZip(archive, { entries: 2, entry: 350, total: 355 })).to.have.property('size', 2)
  })

  it('with one byte changed give what they gave, or nothing', () => {
    const right = readZip(archive)
    fc.assert(
      fc.property(fc.nat(archive.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Uint8Array.from(archive, (byte, i) => (i === at ? byte ^ flip : byte))
        try {
          // Times, versions and attributes are nobody's business here.
          expect([...readZip(changed)]).to.deep.equal([...right])
        } catch (error) {
          expect(error).to.be.instanceOf(SyntaxError)
        }
      }),
      { numRuns: 400 },
    )
  })
})
