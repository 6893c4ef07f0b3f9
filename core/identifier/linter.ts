/** What a value check found: the dictionary's name of the defect (without its GS1_LINTER_ prefix) and where it starts. */
export type Finding = { readonly code: string; readonly position: number }

/** Who holds which company prefix. `offline` fails the check: a caller that wants to fail open answers `allocated`. */
export type PrefixRegistry = (digits: string) => 'allocated' | 'unallocated' | 'offline'

/** One value check of the GS1 Barcode Syntax Dictionary; undefined when the value passes. */
export type Linter = (value: string, registry?: PrefixRegistry) => Finding | undefined

export const finding = (code: string, position = 0): Finding => ({ code, position })

/** Offset of the first character that is not a decimal digit, or -1. */
export const firstNonDigit = (value: string): number => value.search(/[^0-9]/)

export const digitsOnly: Linter = value => {
  const at = firstNonDigit(value)
  return at < 0 ? undefined : finding('NON_DIGIT_CHARACTER', at)
}

/** A check that every character is in a set. */
export const charactersIn =
  (outside: RegExp, code: string): Linter =>
  value => {
    const at = value.search(outside)
    return at < 0 ? undefined : finding(code, at)
  }

/** A check that the value is in a list. */
export const memberOf =
  (list: ReadonlySet<string>, code: string): Linter =>
  value =>
    list.has(value) ? undefined : finding(code)
