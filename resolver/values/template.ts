import { z } from 'zod'
import { Refusal } from '../../core/errors.ts'
import { parseCode } from '../../core/identifier/code.ts'

const fieldTypes = ['text', 'integer', 'decimal', 'boolean', 'date', 'instant', 'code', 'url'] as const

export const fieldSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,99}$/, 'expected a name like netWeight'),
  type: z.enum(fieldTypes),
  required: z.boolean().default(false),
  unique: z.boolean().default(false).describe('No two codes under this template have the same value'),
  unit: z
    .string()
    .regex(/^[A-Z0-9]{2,3}$/, 'expected a UN/ECE Rec 20 unit code')
    .optional(),
})
export type Field = z.output<typeof fieldSchema>

export const fieldsSchema = z
  .array(fieldSchema)
  .min(1)
  .max(100)
  .refine(fields => new Set(fields.map(it => it.name)).size === fields.length, 'two fields have the same name')
  .refine(
    fields => fields.every(it => it.unit === undefined || it.type === 'integer' || it.type === 'decimal'),
    'only numbers have a unit',
  )

/** What a value of each type looks like; all are kept as text, numbers with all their digits. */
const forms: Readonly<Record<Field['type'], (text: string) => boolean>> = {
  text: () => true,
  integer: text => /^-?(0|[1-9]\d{0,30})$/.test(text),
  decimal: text => /^-?(0|[1-9]\d{0,30})(\.\d{1,20})?$/.test(text),
  boolean: text => text === 'true' || text === 'false',
  date: text => z.iso.date().safeParse(text).success,
  instant: text => z.iso.datetime({ offset: true }).safeParse(text).success,
  code: text => parseCode(text).ok,
  url: text => URL.parse(text)?.protocol === 'https:',
}

/** A value that stays with its holder can't be judged here. */
export type Judged = { readonly type: string; readonly value: string | undefined }

/** Holds the values of one code to a template. Refusal VALUES_INVALID names each that is wrong. */
export function holdTo(fields: readonly Field[], values: readonly Judged[]): void {
  const known = new Map(fields.map(field => [field.name, field]))
  const errors = [
    ...values.flatMap(({ type, value }) => {
      const field = known.get(type)
      if (field === undefined) return [{ type, message: 'the template has no such field' }]
      if (value !== undefined && !forms[field.type](value)) return [{ type, message: `expected ${field.type}` }]
      if (value !== undefined && field.unique && value.length > 500) return [{ type, message: 'too long to be unique' }]
      return []
    }),
    ...fields
      .filter(field => field.required && !values.some(it => it.type === field.name))
      .map(({ name }) => ({ type: name, message: 'is required' })),
    ...[...Map.groupBy(values, it => it.type)]
      .filter(([, of]) => of.length > 1)
      .map(([type]) => ({ type, message: 'is there more than once' })),
  ]
  const [first] = errors
  if (first) throw new Refusal('VALUES_INVALID', `${first.type}: ${first.message}`, { errors })
}
