/** Why a text is not a code. A value, never thrown: bad scans are everyday input. */
export type IdentifierError = {
  /** Stable name of what is wrong, e.g. INCORRECT_CHECK_DIGIT. */
  readonly code: string
  /** Offset of the first bad character in the text that was parsed, in UTF-16 units. */
  readonly position: number
  /** What was broken: a linter of the GS1 dictionary (csum, yymmdd ...) or a grammar (digital-link, epc-urn ...). */
  readonly rule: string
  /** A sentence for people. */
  readonly message: string
}

export type Failure = { readonly ok: false; readonly error: IdentifierError }

export const failure = (rule: string, code: string, position: number, message: string): Failure => ({
  ok: false,
  error: { code, position, rule, message },
})
