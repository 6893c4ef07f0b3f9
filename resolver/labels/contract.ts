import { z } from 'zod'
import { contract } from '../../core/contract.ts'
import { moduleSize } from './label.ts'
import { sheetNames } from './sheet.ts'
import { symbologies } from './symbol.ts'

const code = z
  .string()
  .min(1)
  .max(500)
  .describe('Digital Link, (01)… element string, EPC URN or handle, with all that the label shall say')
const symbology = z
  .enum(symbologies)
  .default('gs1-datamatrix')
  .describe('GS1 DataMatrix with the element string, or QR with the address of the code at this node')
const module = z.coerce
  .number()
  .min(moduleSize.least)
  .max(moduleSize.most)
  .default(moduleSize.usual)
  .describe('Millimetres a module')

export const label = contract({
  operation: 'label',
  method: 'get',
  path: '/api/v1/labels',
  summary: 'The label of any code, as SVG',
  surface: 'public',
  query: z.strictObject({ code, symbology, module }),
  reply: { status: 200, type: 'image/svg+xml', description: 'Symbol and text', schema: z.string() },
  refusals: ['CODE_INVALID', 'LABEL_IMPOSSIBLE'],
})

export const labelSheets = contract({
  operation: 'labelSheets',
  method: 'post',
  path: '/api/v1/labels/sheets',
  summary: 'Sheets of labels to print, up to 2,000 codes; none is made when one code is wrong',
  surface: 'identifiers:read',
  body: {
    types: ['application/json'],
    limit: 2 << 20,
    schema: z.strictObject({
      codes: z.array(code).min(1).max(2000),
      symbology,
      module,
      sheet: z.enum(sheetNames).default('a4-3x8'),
    }),
  },
  reply: { status: 200, type: 'text/html', description: 'A page that prints as it is', schema: z.string() },
  refusals: ['CODE_INVALID', 'LABEL_IMPOSSIBLE'],
})
