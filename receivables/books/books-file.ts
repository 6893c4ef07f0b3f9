import { z } from 'zod'
import { parseJson } from '../../core/strict-json.ts'
import { usccSchema } from '../../core/uscc.ts'
import type { Books } from './books.ts'
import { bookColumns } from './entry.ts'
import { openFolder } from './folder.ts'
import { openView } from './view.ts'

const settings = z.union([
  z.strictObject({
    organization: usccSchema,
    database: z.url({ protocol: /^postgres(ql)?$/, error: 'expected a postgres:// address' }),
    /** `schema.view`, as the database spells it. */
    view: z.string().regex(/^[^."\0]{1,63}(?:\.[^."\0]{1,63})?$/, 'expected a name like finance.tallystick_invoices'),
  }),
  z.strictObject({
    organization: usccSchema,
    folder: z.string().min(1),
    columns: z.partialRecord(z.enum(bookColumns), z.string().min(1)).optional(),
  }),
])

/** BOOKS_FILE: whose tables, and where. Throws SyntaxError. */
export const openBooks = (text: string, onTrouble: (error: Error) => void): Books => {
  const result = settings.safeParse(parseJson(text))
  if (!result.success) {
    const [issue] = result.error.issues
    throw new SyntaxError(
      `${issue?.path.join('.') || 'books file'}: expected organization with database and view, or with folder`,
    )
  }
  return 'folder' in result.data
    ? openFolder({ ...result.data, columns: result.data.columns ?? {} })
    : openView(result.data, onTrouble)
}
