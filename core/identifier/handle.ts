import { type Failure, failure } from './error.ts'

export type HandleParts = { readonly ok: true; readonly prefix: string; readonly suffix: string }

/** Longest suffix taken, in UTF-16 units. */
const maxSuffix = 256

/**
 * A handle, `88.x.y/suffix` (RFC 3651 §2): the prefix is dotted numbers, the suffix anything printable without white space.
 * The suffix is compared by its characters, upper and lower case apart.
 */
export const parseHandle = (text: string): HandleParts | Failure => {
  const slash = text.indexOf('/')
  if (slash < 0) return broken('NOT_A_HANDLE', 0, 'a handle is prefix/suffix, as in 88.1.2/abc')
  const [prefix, suffix] = [text.slice(0, slash), text.slice(slash + 1)]
  if (!isHandlePrefix(prefix))
    return broken('BAD_HANDLE_PREFIX', 0, 'a handle prefix is numbers with dots between them')
  if (suffix === '') return broken('EMPTY_HANDLE_SUFFIX', text.length, 'a handle has a suffix')
  if (suffix.length > maxSuffix)
    return broken('HANDLE_SUFFIX_TOO_LONG', slash + 1 + maxSuffix, `a suffix has at most ${maxSuffix} characters`)
  const at = suffix.search(/[\p{C}\p{Z}]/u)
  if (at >= 0)
    return broken('BAD_HANDLE_CHARACTER', slash + 1 + at, 'a suffix has no white space or control characters')
  // Clients fold these away in a URL, so no resolver would ever be asked for them.
  if (suffix.split('/').some(segment => segment === '.' || segment === '..'))
    return broken('BAD_HANDLE_SUFFIX', slash + 1, 'a suffix has no segment . or ..')
  return { ok: true, prefix, suffix }
}

export const isHandlePrefix = (text: string): boolean => /^\d{1,10}(?:\.\d{1,10}){1,7}$/.test(text)

const broken = (code: string, position: number, message: string): Failure => failure('handle', code, position, message)
