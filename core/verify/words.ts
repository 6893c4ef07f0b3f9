import type { Outcome, Step, StepName, Verdict } from './step.ts'

export const languages = ['zh-CN', 'en'] as const
export type Language = (typeof languages)[number]

type Words = Readonly<Record<Language, string>>

/** What each step asks, as a statement that is true or not. */
export const stepWords = {
  format: { 'zh-CN': '文件格式规范', en: 'the file is well formed' },
  seal: { 'zh-CN': '节点封签完好', en: 'the file is as the node sealed it' },
  checkpoint: { 'zh-CN': '日志签名头可信', en: "the log's head is signed by its key" },
  witnesses: { 'zh-CN': '见证人联署足够', en: 'enough witnesses cosigned the head' },
  inclusion: { 'zh-CN': '记录在日志中', en: 'the record is in the log' },
  consistency: { 'zh-CN': '日志延续自锚定头', en: 'the log extends what was anchored' },
  anchor: { 'zh-CN': '日志已上链锚定', en: 'the head is anchored on a trusted chain' },
  'revocation list': { 'zh-CN': '吊销列表可读', en: 'the revocation list can be read' },
  'OCSP answer': { 'zh-CN': '证书状态应答可读', en: 'the OCSP answer can be read' },
  'time-stamp': { 'zh-CN': '签名时间由可信时间戳证明', en: 'a trusted authority dated the signature' },
  record: { 'zh-CN': '记录内容规范', en: 'the record is well formed' },
  signature: { 'zh-CN': '由应签方签名', en: 'signed by the party that must sign' },
  disclosures: { 'zh-CN': '披露内容属于原签单据', en: 'what is shown belongs to what was signed' },
  capture: { 'zh-CN': '扫码由登记设备签名', en: 'captured by a device that its owner endorsed' },
  authorization: { 'zh-CN': '数据授权有效', en: 'a data authorization was in force' },
  scope: { 'zh-CN': '未超出授权范围', en: 'within what was authorized' },
  'status head': { 'zh-CN': '签名方的状态头吻合，没有遗漏', en: "nothing is missing by the signer's status head" },
  application: { 'zh-CN': '与融资申请一致', en: 'what the seller applied with' },
  release: { 'zh-CN': '由该节点向该银行提供', en: 'released by this node to this bank' },
  registry: { 'zh-CN': '融资登记查询可信', en: 'what the financing registry said' },
  policy: { 'zh-CN': '所用政策属于该银行', en: "the policy is the bank's" },
  report: { 'zh-CN': '核验报告可重算一致', en: 'the report can be made again, byte for byte' },
} as const satisfies Record<StepName, Words>

export const outcomeWords = {
  true: { 'zh-CN': '是', en: 'true' },
  false: { 'zh-CN': '否', en: 'FALSE' },
  pending: { 'zh-CN': '待定', en: 'pending' },
  not_checkable: { 'zh-CN': '无法核对', en: 'not checkable' },
  not_required: { 'zh-CN': '未要求', en: 'not required' },
} as const satisfies Record<Outcome, Words>

export const verdictWords = {
  verified: { 'zh-CN': '核验通过', en: 'Verified' },
  false: { 'zh-CN': '核验不通过', en: 'False' },
  undecided: { 'zh-CN': '未能判定', en: 'Undecided' },
} as const satisfies Record<Verdict, Words>

const selfConsistent: Words = {
  'zh-CN': '仅自洽：未提供信任设置，不能作为核验结论',
  en: 'self-consistent only: without trust settings this is no verification',
}
const offline: Words = {
  'zh-CN': '离线核验：未查询链上状态，锚定以节点封签为凭',
  en: "checked offline: no chain was asked, so the anchors stand on the node's seal",
}

/** The closing sentence: the verdict, and what must be known to read it rightly. */
export const conclusion = (verdict: Verdict, steps: readonly Step[], trusted: boolean, language: Language): string => {
  const caveat =
    verdict === 'false'
      ? undefined
      : trusted
        ? steps.some(step => step.offline)
          ? offline
          : undefined
        : selfConsistent
  return [verdictWords[verdict][language], ...(caveat === undefined ? [] : [caveat[language]])].join(' · ')
}

/** zh where the environment's locale is Chinese. */
export const languageOf = (locale: string | undefined): Language =>
  /^zh\b|^zh[_-]/i.test(locale ?? '') ? 'zh-CN' : 'en'
