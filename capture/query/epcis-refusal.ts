import { Refusal, type RefusalCode } from '../../core/errors.ts'

/** The exceptions of EPCIS 2.0 that clients of the standard know, beside our own codes. */
const exceptions: Partial<Record<RefusalCode, string>> = {
  QUERY_INVALID: 'QueryParameterException',
  QUERY_UNSUPPORTED: 'ImplementationException',
  QUERY_TOO_LARGE: 'QueryTooLargeException',
  QUERY_UNKNOWN: 'NoSuchNameException',
  QUERY_EXISTS: 'DuplicateNameException',
  SUBSCRIPTION_UNKNOWN: 'NoSuchSubscriptionException',
}

export const epcisRefusal = (code: RefusalCode, detail?: string, extra: Readonly<Record<string, unknown>> = {}) =>
  new Refusal(code, detail, {
    ...extra,
    epcisException: `epcisException:${exceptions[code] ?? 'ImplementationException'}`,
  })
