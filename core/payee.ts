import { sha256 } from '#sha256'
import { base64url } from './bytes.ts'
import { canonical } from './canonical.ts'

export type Account = { readonly bank: string; readonly account: string }

/**
 * How an invoice names the account to pay to: base64url SHA-256 of the RFC 8785 bytes of bank and account, each without
 * white space. The hospital compares it with what it has on file; the bank that lends never sees it.
 */
export const payeeHash = ({ bank, account }: Account): string =>
  base64url(sha256(canonical({ bank: bare(bank), account: bare(account) })))

const bare = (text: string): string => text.replaceAll(/\s/g, '')
