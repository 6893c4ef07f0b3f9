import { withAgreementHash } from '../../../core/authorization/agreement.ts'
import type { Authorization, AuthorizationTerms } from '../../../core/authorization.ts'
import { base64url } from '../../../core/bytes.ts'
import { makeUscc } from '../../../core/uscc.ts'

export const seller = makeUscc('91310000MA1FL1234')
export const hospital = makeUscc('12310000425000123')
export const bank = makeUscc('91310000607000123')
export const otherBank = makeUscc('91110000100000123')

export const id = (character: string): string => character.repeat(64)
const thumbprint = (byte: number): string => base64url(new Uint8Array(32).fill(byte))

export const terms: AuthorizationTerms = {
  id: '0197b3a0-0000-4000-8000-000000000001',
  version: 1,
  type: 'trade-data-authorization',
  agreement: { mediaType: 'text/plain;charset=utf-8', language: 'zh-CN', template: 'data-authorization/1' },
  subject: { uscc: seller, name: '上海示例医疗器械有限公司', certificate: thumbprint(1) },
  grantee: { uscc: bank, name: '示例银行', certificate: thumbprint(2) },
  holders: [{ uscc: seller, role: 'distributor', node: 'http://127.0.0.1:8080' }],
  purpose: { code: 'receivable-financing', application: 'APP-1' },
  resources: [
    { type: 'invoice', ids: [id('a')], fields: ['*'], maxRecords: 1 },
    {
      type: 'delivery',
      selector: { from: '2026-03-01', to: '2026-03-31', hospital },
      fields: ['issueDate', 'lines.quantity'],
      maxRecords: 100,
    },
    {
      type: 'scan',
      selector: { from: '2026-03-01', to: '2026-03-31', hospital, open: true },
      fields: ['*'],
      maxRecords: 1000,
    },
  ],
  actions: ['read'],
  notBefore: '2026-03-01T00:00:00Z',
  notAfter: '2026-06-01T00:00:00Z',
  maxUses: 3,
  maxReleasesPerDay: 2,
  onwardSharing: false,
  retentionUntil: '2027-06-01T00:00:00Z',
  revocation: 'http://127.0.0.1:8080/api/v1/authorizations',
  nonce: 'AAAAAAAAAAAAAAAAAAAAAA',
  createdAt: '2026-02-27T08:00:00Z',
}

export const payload: Authorization = withAgreementHash(terms)
