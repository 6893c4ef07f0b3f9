import { sha256 } from '#sha256'
import type { Authorization, AuthorizationTerms, agreementLanguages, Resource } from '../authorization.ts'
import { base64url, utf8 } from '../bytes.ts'

/**
 * The agreement in words: the whole of it, from the terms alone, so that what a signer reads can be made again from what
 * it signed. Any change here is a new template version, since old agreements must still render to their hash.
 */
export const agreementText = (terms: AuthorizationTerms): string => {
  const { clauses, title, resource } = languages[terms.agreement.language]
  const numbered = [...clauses(terms), ...terms.resources.map((it, i) => resource(it, i + 1))]
  return `${[title, '', ...numbered].join('\n')}\n`
}

/** base64url SHA-256 of the text's UTF-8 bytes. */
export const agreementHash = (terms: AuthorizationTerms): string => base64url(sha256(utf8(agreementText(terms))))

/** Puts the hash of its text into the terms. */
export const withAgreementHash = (terms: AuthorizationTerms): Authorization => ({
  ...terms,
  agreement: { ...terms.agreement, hash: agreementHash(terms) },
})

/** Whether the text that these terms stand for is the one whose hash was signed. */
export const showsWhatWasSigned = (payload: Authorization): boolean => payload.agreement.hash === agreementHash(payload)

type Language = {
  readonly title: string
  readonly clauses: (terms: AuthorizationTerms) => readonly string[]
  readonly resource: (resource: Resource, number: number) => string
}

const certificateOf = (party: Authorization['grantee']): readonly [kind: 'certificate' | 'ca', thumbprint: string] =>
  'certificate' in party ? ['certificate', party.certificate] : ['ca', party.ca]

const zh: Language = {
  title: '数据授权协议',
  clauses: terms => [
    `协议编号：${terms.id}（版本 ${terms.version}，模板 ${terms.agreement.template}）`,
    `授权人：${terms.subject.name}（统一社会信用代码 ${terms.subject.uscc}，证书 SHA-256 ${terms.subject.certificate}）`,
    `被授权人：${terms.grantee.name}（统一社会信用代码 ${terms.grantee.uscc}，${
      certificateOf(terms.grantee)[0] === 'certificate' ? '证书' : '由该 CA 签发的证书：CA'
    } SHA-256 ${certificateOf(terms.grantee)[1]}）`,
    ...terms.holders.map(it => `数据持有方：${it.uscc}（${roles[it.role][0]}，节点 ${it.node}）`),
    `用途：${purposes[terms.purpose.code][0]}${
      terms.purpose.application === undefined ? '' : `，仅限融资申请 ${terms.purpose.application}`
    }。不得用于其他目的。`,
    `方式：${terms.actions.map(it => actions[it][0]).join('、')}。最多提供 ${terms.maxUses} 次，每日（UTC）最多 ${terms.maxReleasesPerDay} 次。`,
    `有效期：${terms.notBefore} 至 ${terms.notAfter}（UTC）。`,
    `不得转交第三方。数据保存期限至 ${terms.retentionUntil}，到期删除。`,
    `授权人或被授权人可随时撤销：${terms.revocation}。撤销自登记之时起生效，已提供的数据不受影响。`,
    ...(terms.supersedes === undefined ? [] : [`本协议生效后取代协议 ${terms.supersedes}。`]),
    `除选择范围注明“含后续记录”外，授权仅及于生效时已存在的记录。每次提供均留存回执，双方均可查阅。`,
    `签订时间：${terms.createdAt}，随机数 ${terms.nonce}。`,
    '授权数据：',
  ],
  resource: (it, number) =>
    `${number}. ${resources[it.type][0]}，${
      it.selector === undefined
        ? `记录：${(it.ids ?? []).join('、')}`
        : `${it.selector.from} 至 ${it.selector.to}，医疗机构 ${it.selector.hospital}${it.selector.open ? '，含后续记录' : ''}`
    }；字段：${it.fields.join() === '*' ? '全部' : it.fields.join('、')}；至多 ${it.maxRecords} 条。`,
}

const en: Language = {
  title: 'Data authorization agreement',
  clauses: terms => [
    `Agreement ${terms.id} (version ${terms.version}, template ${terms.agreement.template})`,
    `Authorizing party: ${terms.subject.name} (USCC ${terms.subject.uscc}, certificate SHA-256 ${terms.subject.certificate})`,
    `Authorized party: ${terms.grantee.name} (USCC ${terms.grantee.uscc}, ${
      certificateOf(terms.grantee)[0] === 'certificate' ? 'certificate' : 'any certificate issued by the CA'
    } SHA-256 ${certificateOf(terms.grantee)[1]})`,
    ...terms.holders.map(it => `Data holder: ${it.uscc} (${roles[it.role][1]}, node ${it.node})`),
    `Purpose: ${purposes[terms.purpose.code][1]}${
      terms.purpose.application === undefined
        ? ''
        : `, for the financing application ${terms.purpose.application} alone`
    }. No other use is allowed.`,
    `Means: ${terms.actions.map(it => actions[it][1]).join(', ')}. At most ${terms.maxUses} releases, at most ${terms.maxReleasesPerDay} a day (UTC).`,
    `In force from ${terms.notBefore} to ${terms.notAfter} (UTC).`,
    `The data must not be passed on. It may be kept until ${terms.retentionUntil} and is deleted then.`,
    `Either party may revoke at any time: ${terms.revocation}. Revocation takes effect when registered and leaves earlier releases as they are.`,
    ...(terms.supersedes === undefined ? [] : [`Once in force, this agreement supersedes ${terms.supersedes}.`]),
    'Unless a selection says "with later records", only records that exist when it comes into force are covered. Each release leaves a receipt that both parties can read.',
    `Made at ${terms.createdAt}, nonce ${terms.nonce}.`,
    'Authorized data:',
  ],
  resource: (it, number) =>
    `${number}. ${resources[it.type][1]}, ${
      it.selector === undefined
        ? `records: ${(it.ids ?? []).join(', ')}`
        : `${it.selector.from} to ${it.selector.to}, hospital ${it.selector.hospital}${it.selector.open ? ', with later records' : ''}`
    }; fields: ${it.fields.join() === '*' ? 'all' : it.fields.join(', ')}; at most ${it.maxRecords} records.`,
}

const languages = { 'zh-CN': zh, en } as const satisfies Record<(typeof agreementLanguages)[number], Language>

type Words = readonly [zh: string, en: string]

const resources = {
  order: ['订单', 'orders'],
  delivery: ['发货与收货单据', 'despatch and receipt advices'],
  invoice: ['发票及红字发票', 'invoices and credit notes'],
  scan: ['扫码记录', 'scan records'],
  confirmation: ['医疗机构确认', "hospital's confirmations"],
} as const satisfies Record<Resource['type'], Words>

const purposes = {
  'receivable-financing': ['应收账款融资审核', 'review of receivables for financing'],
  'post-financing-monitoring': ['融资后监测', 'monitoring after financing'],
} as const satisfies Record<Authorization['purpose']['code'], Words>

const actions = {
  read: ['银行查询', 'pulled by the bank'],
  push: ['向银行推送', 'pushed to the bank'],
} as const satisfies Record<Authorization['actions'][number], Words>

const roles = {
  distributor: ['流通企业', 'distributor'],
  hospital: ['医疗机构', 'hospital'],
  manufacturer: ['生产企业', 'manufacturer'],
  carrier: ['承运方', 'carrier'],
  spd: ['医院SPD服务商', 'SPD operator'],
} as const satisfies Record<Authorization['holders'][number]['role'], Words>
