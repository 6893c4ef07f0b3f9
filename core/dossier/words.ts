import type { BundledType } from '../bundle.ts'
import type { CheckOutcome } from '../report/check.ts'
import type { CheckCode } from '../report/check-codes.ts'
import { type ReasonCode, reasons } from '../report/reasons.ts'
import type { ReportVerdict } from '../report/report.ts'
import type { Strength } from '../report/strength.ts'
import { checksEn } from '../report/words-en.ts'
import { checksZh, reasonsZh } from '../report/words-zh.ts'
import type { Language } from '../verify/words.ts'

export type Words = {
  readonly title: string
  readonly lead: string
  readonly how: string
  readonly made: string
  readonly log: string
  readonly application: string
  readonly seller: string
  readonly bank: string
  readonly mode: string
  readonly asOf: string
  readonly policy: string
  readonly demonstration: string
  readonly verdict: string
  readonly invoice: string
  readonly gross: string
  readonly open: string
  readonly financeable: string
  readonly notEvaluable: string
  readonly missing: string
  readonly noReport: string
  readonly check: string
  readonly outcome: string
  readonly strength: string
  readonly why: string
  readonly on: string
  readonly records: string
  readonly index: string
  readonly kind: string
  readonly by: string
  readonly loggedAt: string
  readonly digest: string
  readonly anchors: string
  readonly chain: string
  readonly block: string
  readonly size: string
  readonly agreement: string
  readonly noAgreement: string
  readonly verdicts: Readonly<Record<ReportVerdict, string>>
  readonly outcomes: Readonly<Record<CheckOutcome, string>>
  readonly strengths: Readonly<Record<Strength, string>>
  readonly kinds: Readonly<Record<BundledType, string>>
  readonly checks: Readonly<Record<CheckCode, string>>
  readonly reasons: Readonly<Record<ReasonCode, string>>
}

const zh: Words = {
  title: '证据报告',
  lead: '本页由证据包 bundle.json 生成，便于阅读；具有证明力的是证据包本身。',
  how: '核验方法：用浏览器打开核验页（节点的 /verify，可离线使用），放入 bundle.json 或本压缩包，以及您自己的信任设置；或运行 npx tallystick verify evidence.zip --trust trust.json。',
  made: '制作时间',
  log: '日志',
  application: '融资申请',
  seller: '卖方',
  bank: '银行',
  mode: '融资方式',
  asOf: '报告时点',
  policy: '银行政策',
  demonstration: '演示政策，不具备法律效力',
  verdict: '结论',
  invoice: '发票',
  gross: '价税合计',
  open: '未付金额',
  financeable: '可融资金额',
  notEvaluable: '无法计算',
  missing: '申请所列但未取得的发票',
  noReport: '证据包中没有可读的核验报告。',
  check: '检查',
  outcome: '结果',
  strength: '证据强度',
  why: '说明',
  on: '依据的记录',
  records: '记录',
  index: '日志序号',
  kind: '类型',
  by: '机构',
  loggedAt: '入日志时间',
  digest: '承诺',
  anchors: '上链锚定',
  chain: '链',
  block: '区块',
  size: '日志条数',
  agreement: '数据授权协议',
  noAgreement: '证据包中没有可读的授权协议。',
  verdicts: { VERIFIED: '核验通过', REFER: '转人工复核', REJECT: '不通过' },
  outcomes: { pass: '通过', fail: '不通过', warn: '告警', not_evaluable: '无法评定' },
  strengths: { self: '自证', mutual: '互证', third: '他证' },
  kinds: {
    document: '单据',
    event: '扫码事件',
    endorsement: '设备登记',
    mandate: '经办人授权书',
    authorization: '数据授权协议',
    'authorization-state': '授权状态变更',
    question: '确认请求',
    confirmation: '医院确认',
    application: '融资申请',
  },
  checks: checksZh,
  reasons: reasonsZh,
}

const en: Words = {
  title: 'Evidence report',
  lead: 'Made from bundle.json, to be read; what proves anything is the bundle itself.',
  how: 'To check it: open the verifier (/verify at any node; it works without a network), drop bundle.json or this archive and your own trust settings; or run npx tallystick verify evidence.zip --trust trust.json.',
  made: 'Made at',
  log: 'Log',
  application: 'Application',
  seller: 'Seller',
  bank: 'Bank',
  mode: 'Mode of financing',
  asOf: 'As of',
  policy: 'Policy of the bank',
  demonstration: 'a demonstration policy, of no legal effect',
  verdict: 'Verdict',
  invoice: 'Invoice',
  gross: 'Gross amount',
  open: 'Open amount',
  financeable: 'Financeable amount',
  notEvaluable: 'not evaluable',
  missing: 'Invoices of the application that are not there',
  noReport: 'The bundle has no report that can be read.',
  check: 'Check',
  outcome: 'Outcome',
  strength: 'Strength',
  why: 'Why',
  on: 'Records that it rests on',
  records: 'Records',
  index: 'Place in the log',
  kind: 'Kind',
  by: 'Organization',
  loggedAt: 'Logged at',
  digest: 'Commitment',
  anchors: 'Anchors',
  chain: 'Chain',
  block: 'Block',
  size: 'Size of the log',
  agreement: 'Data authorization agreement',
  noAgreement: 'The bundle has no agreement that can be read.',
  verdicts: { VERIFIED: 'verified', REFER: 'refer to a person', REJECT: 'reject' },
  outcomes: { pass: 'pass', fail: 'fail', warn: 'warning', not_evaluable: 'not evaluable' },
  strengths: { self: 'self', mutual: 'mutual', third: 'third party' },
  kinds: {
    document: 'document',
    event: 'scan event',
    endorsement: 'device endorsement',
    mandate: 'clerk’s mandate',
    authorization: 'data authorization',
    'authorization-state': 'change of an authorization',
    question: 'question to the hospital',
    confirmation: 'answer of the hospital',
    application: 'application',
  },
  checks: checksEn,
  reasons,
}

export const dossierWords: Readonly<Record<Language, Words>> = { 'zh-CN': zh, en }
