import { Refusal } from '../core/errors.ts'
import type { IdentifierError } from '../core/identifier/error.ts'

/** Refusal CODE_INVALID with where and why: `position` in what was sent, `rule` of the GS1 dictionary or of a grammar. */
export const codeInvalid = ({ position, rule, message }: IdentifierError): Refusal =>
  new Refusal('CODE_INVALID', message, { position, rule })
