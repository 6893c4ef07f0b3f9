import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { chineseOf, detailIn } from '../../../core/verify/details.ts'
import { actDetailsZh } from '../../../core/verify/details-acts-zh.ts'
import { logDetailsZh } from '../../../core/verify/details-log-zh.ts'

const folder = join(import.meta.dirname, '..', '..', '..', 'core', 'verify')

/** Files without sentences of steps: their tables and types. */
const others = /^(?:details.*|words|step|context|recorded)\.ts$/

/** Parts of sentences, and what is no sentence: names of steps, numbers, code. */
const parts = new Set([
  '; no independent anchor: the operator alone runs this chain',
  'revocation list',
  'OCSP answer',
  'status head',
  'not trusted: ',
  ' and ',
  ', ',
  ' and groups',
  // Of one sentence that is put together.
  ', by X under its mandate',
])

/** Every sentence that the steps are made with; what varies in it is `X`. */
const sentences = (): readonly string[] =>
  readdirSync(folder)
    .filter(name => name.endsWith('.ts') && !others.test(name))
    .flatMap(name => literalsOf(readFileSync(join(folder, name), 'utf8')))
    .filter(text => / /.test(text) && !text.startsWith('${') && /[a-z]/.test(text) && !parts.has(text))

const literalsOf = (source: string): readonly string[] => {
  const code = source
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/^\s*\/\/.*$/gm, '')
    .replaceAll(/import[\s\S]*?from '[^']*'/g, '')
  const found: string[] = []
  for (const [, template, single, double] of code.matchAll(
    /`((?:[^`\\]|\\.)*)`|'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"/g,
  )) {
    const text =
      template?.replaceAll(/\$\{(?:caveat|under|groups\.[^}]*)\}/g, '').replaceAll(/\$\{[^}]*\}/g, 'X') ??
      single ??
      double ??
      ''
    found.push(text)
  }
  return found
}

describe('the words of a step in Chinese', () => {
  it('are there for every sentence that a step is made with', () => {
    const all = sentences()
    expect(all.length).to.be.greaterThan(150)
    expect(all.filter(it => !/\p{Script=Han}/u.test(chineseOf(it) ?? ''))).to.deep.equal([])
  })

  it('keep what varies, each once, where Chinese wants it', () => {
    for (const [en, zh] of [...logDetailsZh, ...actDetailsZh]) {
      const count = en.split('{}').length - 1
      const places = [...zh.matchAll(/\{(\d)\}|<(\d)>/g)].map(([, place, sentence]) => Number(place ?? sentence))
      expect(places.toSorted(), en).to.deep.equal(Array.from({ length: count }, (_, i) => i + 1))
    }
    expect(detailIn('zh-CN', 'record 12 (document)')).to.equal('第 12 号记录（单据）')
    expect(detailIn('zh-CN', '3 events signed by the device “a, as of b” of c')).to.equal(
      'c 的设备“a, as of b”签了 3 个事件',
    )
    expect(detailIn('zh-CN', 'no trust settings: all 3 statements are shown')).to.equal(
      '没有信任设置：3 份声明全部出示',
    )
  })

  it('leave alone what is nobody’s sentence, and English as it is', () => {
    for (const said of ['', 'node.example/log', 'x'.repeat(100_000), `${'as of '.repeat(50_000)}`]) {
      expect(detailIn('zh-CN', said)).to.equal(said)
    }
    expect(detailIn('en', 'well formed')).to.equal('well formed')
  })
})
