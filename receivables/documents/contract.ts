import { z } from 'zod'
import { recordId } from '../../core/act.ts'
import { contract } from '../../core/contract.ts'
import { codeText, documentKinds, documentSchema } from '../../core/document.ts'
import { usccSchema } from '../../core/uscc.ts'
import { pageOf, pageQuery } from '../page.ts'

export const documentItem = z.object({
  code: codeText,
  kind: z.enum(documentKinds),
  number: z.string(),
  version: z.int(),
  issuer: usccSchema,
  seller: usccSchema,
  buyer: usccSchema,
  /** Place in this node's log, decimal. */
  index: z.string(),
  /** Hex; names this version of the document, here and at every node that holds a copy. */
  commitment: recordId,
  /** Of the commitment, base64url: a copy logged under the same salt has the same commitment. */
  salt: z.string(),
  loggedAt: z.iso.datetime(),
  /** With all disclosures. */
  sdJwt: z.string(),
  claims: documentSchema,
})
export type DocumentItem = z.input<typeof documentItem>

export const submitDocument = contract({
  operation: 'submitDocument',
  method: 'post',
  path: '/api/v1/documents',
  summary:
    'Register an order, despatch, receipt, consumption statement, invoice, credit note, payment or query result: SD-JWT (RFC 9901) with all its disclosures, signed by its origin’s certificate, typ tallystick.document+sd-jwt',
  surface: 'documents:write',
  body: { types: ['application/dc+sd-jwt', 'application/sd-jwt'], schema: z.string().min(1), limit: 8 << 20 },
  reply: {
    status: 201,
    description: 'Registered; 200 when it was before',
    schema: documentItem.extend({ receipt: z.string(), repeated: z.boolean() }),
  },
  refusals: [
    'SIGNATURE_INVALID',
    'SIGNATURE_WRONG_ACT',
    'SIGNER_MISMATCH',
    'NOT_YOURS',
    'DOCUMENT_INVALID',
    'AMOUNT_OUT_OF_RANGE',
    'DATE_IN_FUTURE',
    'DOCUMENT_EXISTS',
    'DOCUMENT_FINANCED',
    'CODE_EXISTS',
    'PREFIX_FORBIDDEN',
    'ORGANIZATION_UNKNOWN',
    'ORGANIZATION_SUSPENDED',
    'LOG_BUSY',
  ],
})

export const listDocuments = contract({
  operation: 'listDocuments',
  method: 'get',
  path: '/api/v1/documents',
  summary: 'Documents between the caller and others, all versions, in log order',
  surface: 'documents:read',
  query: z.strictObject({
    ...pageQuery,
    limit: z.coerce.number().int().min(1).max(100).default(20),
    kind: z.enum(documentKinds).optional(),
    /** Code of an order: the order itself and all that refers to it. */
    trade: codeText.optional(),
  }),
  reply: { status: 200, description: 'A page of documents', schema: pageOf(documentItem) },
  refusals: [],
})

export const readDocument = contract({
  operation: 'getDocument',
  method: 'get',
  path: '/api/v1/documents/{code}',
  summary: 'One document, in its newest version or the one asked for. The code is percent-encoded as one path segment',
  surface: 'documents:read',
  params: z.strictObject({ code: codeText }),
  query: z.strictObject({ version: z.coerce.number().int().min(1).max(1000).optional() }),
  reply: { status: 200, description: 'The document', schema: documentItem },
  refusals: ['DOCUMENT_UNKNOWN'],
})
