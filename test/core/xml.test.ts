import { expect } from 'chai'
import fc from 'fast-check'
import { utf8 } from '../../core/bytes.ts'
import { readXml, XmlError } from '../../core/xml.ts'

const read = (text: string) => readXml(utf8(text))
const fault = (bytes: Uint8Array): string | undefined => {
  try {
    readXml(bytes)
    return undefined
  } catch (error) {
    if (error instanceof XmlError) return error.fault
    throw error
  }
}

describe('XML', () => {
  it('is read by namespace, with own text, attributes and order', () => {
    const text = `\uFEFF<?xml version="1.0" encoding="utf-8"?><!-- a --><p:a xmlns:p="urn:p" xmlns="urn:d" x="1" p:y='"'>
      one<b> &lt;&#x4e2d;&amp;<![CDATA[<&]]> </b>two<p:b/></p:a>`
    expect(read(text)).to.deep.equal({
      ...{ name: 'a', namespace: 'urn:p', attributes: { x: '1', 'p:y': '"' } },
      text: 'onetwo',
      children: [
        { name: 'b', namespace: 'urn:d', attributes: {}, children: [], text: '<中&<&' },
        { name: 'b', namespace: 'urn:p', attributes: {}, children: [], text: '' },
      ],
    })
  })

  it('is refused by its fault, without expanding anything', () => {
    const bomb = `<!DOCTYPE a [<!ENTITY b "${'x'.repeat(1000)}"><!ENTITY c "&b;&b;">]><a>&c;</a>`
    const cases: readonly (readonly [string, string])[] = [
      [bomb, 'DOCTYPE'],
      ['<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', 'DOCTYPE'],
      ['<a>&b;</a>', 'MALFORMED'],
      ['<a>&#0;</a>', 'MALFORMED'],
      ['<a x="1" x="2"/>', 'MALFORMED'],
      ['<b:a/>', 'MALFORMED'],
      ['<a/><b/>', 'MALFORMED'],
      ['<a>', 'MALFORMED'],
      ['', 'MALFORMED'],
      ['text', 'MALFORMED'],
      ['<?xml version="1.1"?><a/>', 'MALFORMED'],
      ['<?xml version="1.0" encoding="GBK"?><a/>', 'MALFORMED'],
      [`${'<a>'.repeat(33)}${'</a>'.repeat(33)}`, 'TOO_LARGE'],
      [`<a>${'<b/>'.repeat(200_000)}</a>`, 'TOO_LARGE'],
    ]
    for (const [text, expected] of cases) expect(fault(utf8(text)), text.slice(0, 60)).to.equal(expected)
    expect(fault(Uint8Array.of(0x3c, 0x61, 0xff, 0x2f, 0x3e))).to.equal('MALFORMED')
    expect(fault(new Uint8Array((8 << 20) + 1))).to.equal('TOO_LARGE')
    expect(fault(utf8(`${'<a>'.repeat(32)}${'</a>'.repeat(32)}`))).to.equal(undefined)
  })

  it('says in which line', () => {
    expect(() => read('<a>\n\n<b></a>')).to.throw(XmlError, /^line 3: /)
  })

  it('has one fault or none, whatever bytes come', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), bytes => void fault(bytes)))
    const markup = fc.array(
      fc.constantFrom('<a>', '</a>', '<b x="', '">', '&', '&amp;', '<![CDATA[', ']]>', '<!--', '-->', 'é'),
    )
    fc.assert(fc.property(markup, parts => void fault(utf8(parts.join('')))))
  })
})
