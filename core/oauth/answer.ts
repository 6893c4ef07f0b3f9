import { Refusal, type RefusalCode, refusals } from '../errors.ts'

export type Members = Readonly<Record<string, unknown>>

/** Members of a JSON object; none where the body is anything else. */
export const membersOf = async (response: Response): Promise<Members> => {
  try {
    const body: unknown = await response.json()
    return typeof body === 'object' && body !== null ? (body as Members) : {}
  } catch {
    return {}
  }
}

/** A problem document (RFC 9457) or an OAuth error (RFC 6749 §5.2), both with our `code`, as the refusal it came from. */
export const refusalOf = (response: Response, body: Members): Refusal => {
  const { code, detail, error_description: description, ...members } = body
  const sentence = [detail, description].find(text => typeof text === 'string')
  const known: RefusalCode = typeof code === 'string' && isRefusalCode(code) ? code : 'INTERNAL'
  return new Refusal(known, typeof sentence === 'string' ? sentence : `The node answered ${response.status}`, {
    ...members,
    status: response.status,
  })
}

const isRefusalCode = (code: string): code is RefusalCode => Object.hasOwn(refusals, code)
