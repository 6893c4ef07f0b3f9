import { X509Error } from './rules.ts'

/** One element: `der` with its header, `value` without. Both are views of the input. */
export type Element = { readonly tag: number; readonly der: Uint8Array; readonly value: Uint8Array }

export const tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
  /** Context-specific, constructed (EXPLICIT, or IMPLICIT over a SEQUENCE). */
  context: (number: number): number => 0xa0 | number,
  /** Context-specific, primitive (IMPLICIT). */
  contextPrimitive: (number: number): number => 0x80 | number,
} as const

/**
 * Reads the elements of one level in order. Only what X.690 §10 allows: definite lengths in their shortest form. Depth is
 * bounded by the reading code itself, which opens the levels it knows and never recurses over input; length by the
 * input, since no element may reach past its parent's end.
 */
export class Der {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Tag of the next element; undefined at the end. */
  peek(): number | undefined {
    return this.#bytes[this.#at]
  }

  read(expected: number): Element {
    const start = this.#at
    const found = this.#bytes[start]
    if (found !== expected) throw malformed(`expected tag ${show(expected)}, found ${show(found)}`)
    const { length, headerEnd } = this.#length(start + 1)
    const end = headerEnd + length
    if (end > this.#bytes.length) throw malformed('an element reaches past its parent')
    this.#at = end
    return { tag: found, der: this.#bytes.subarray(start, end), value: this.#bytes.subarray(headerEnd, end) }
  }

  /** The next element, whichever it is. Tag numbers above 30 occur nowhere in what we read. */
  any(): Element {
    const found = this.peek()
    if (found === undefined) throw malformed('an element is missing')
    if ((found & 0x1f) === 0x1f) throw malformed('multi-byte tag')
    return this.read(found)
  }

  optional(expected: number): Element | undefined {
    return this.peek() === expected ? this.read(expected) : undefined
  }

  /** A reader over the inside of the next element. */
  open(expected: number): Der {
    return new Der(this.read(expected).value)
  }

  /** Nothing may follow what was read. */
  end(): void {
    if (this.peek() !== undefined) throw malformed('unexpected bytes at the end')
  }

  #length(at: number): { length: number; headerEnd: number } {
    const first = this.#bytes[at]
    if (first === undefined) throw malformed('a length is missing')
    if (first < 0x80) return { length: first, headerEnd: at + 1 }
    const count = first & 0x7f
    if (count === 0 || count > 4) throw malformed('indefinite or oversized length')
    let length = 0
    for (let i = 1; i <= count; i++) length = length * 256 + (this.#bytes[at + i] ?? Number.NaN)
    if (Number.isNaN(length)) throw malformed('a length is cut off')
    if (length < 0x80 || length < 2 ** (8 * (count - 1))) throw malformed('a length is not in its shortest form')
    return { length, headerEnd: at + 1 + count }
  }
}

/** The single element that fills the bytes. */
export const readOnly = (bytes: Uint8Array, expected: number): Element => {
  const reader = new Der(bytes)
  const element = reader.read(expected)
  reader.end()
  return element
}

/** A reader over the inside of the single element that fills the bytes. */
export const openOnly = (bytes: Uint8Array, expected: number): Der => new Der(readOnly(bytes, expected).value)

export const malformed = (detail: string): X509Error => new X509Error('ENCODING', detail)

const show = (value: number | undefined): string => (value === undefined ? 'the end' : `0x${value.toString(16)}`)
