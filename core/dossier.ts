import { zipSync } from 'fflate'
import { sha256 } from '#sha256'
import { fromUtf8, hex, utf8 } from './bytes.ts'
import { contentsOf } from './dossier/contents.ts'
import { dossierPage } from './dossier/page.ts'
import { pem } from './x509/pem.ts'
import { readZip } from './zip.ts'

/** Name of the evidence bundle in a dossier. */
const BUNDLE = 'bundle.json'

/**
 * The same evidence as files that a lawyer can open: the bundle byte for byte, a report to print in Chinese and in English,
 * the agreement's text as its hash was signed, certificates in PEM, and how to check it all. One bundle gives one archive.
 * Throws SyntaxError where the file is no bundle.
 */
export const makeDossier = (file: string): Uint8Array => {
  const contents = contentsOf(file)
  const files: Readonly<Record<string, Uint8Array>> = {
    [BUNDLE]: utf8(file),
    'report.zh-CN.html': utf8(dossierPage(contents, 'zh-CN')),
    'report.en.html': utf8(dossierPage(contents, 'en')),
    ...(contents.agreement === undefined ? {} : { 'agreement.txt': utf8(contents.agreement) }),
    ...Object.fromEntries(
      contents.certificates.map(der => [`certificates/${hex(sha256(der))}.pem`, utf8(pem('CERTIFICATE', der))]),
    ),
    'README.txt': utf8(readme),
  }
  return zipSync(files, { level: 6, mtime: EPOCH })
}

/** The first day that a ZIP can name, by local time as the format has it: an archive does not say when it was made. */
const EPOCH = new Date(1980, 0, 1)

/** The bundle of a dossier. Throws SyntaxError. */
export const bundleIn = (bytes: Uint8Array): string => {
  const bundle = readZip(bytes, { entries: 1_000, entry: 256 << 20, total: 512 << 20 }).get(BUNDLE)
  if (bundle === undefined) throw new SyntaxError(`the archive has no ${BUNDLE}`)
  return fromUtf8(bundle)
}

/** How every archive with a file in it begins; a bundle begins with a brace. */
export const isZip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4

const readme = `证据档案 / Evidence dossier

bundle.json         证据包：唯一具有证明力的文件 / the evidence bundle: the one file that proves anything
report.zh-CN.html   可打印的报告（中文）/ report to print, in Chinese
report.en.html      可打印的报告（英文）/ report to print, in English
agreement.txt       已签署的数据授权协议全文，其哈希在签名之内 / the agreement as signed: its hash is in what was signed
certificates/       签名方证书，以 SHA-256 命名 / certificates of the signers, named by SHA-256

核验 / To check it
1. 打开任一节点的 /verify（单个网页文件，可保存并离线使用），放入 bundle.json 与您自己的信任设置。
   Open /verify at any node (one file, to be kept and used offline), drop bundle.json and your own trust settings.
2. 或运行 / or run: npx tallystick verify evidence.zip --trust trust.json

信任设置须来自您自己，不得取自交给您本档案的人。
Trust settings must be your own, never of whoever gave you this dossier.
`
