import type { z } from 'zod'
import { listOrganizations } from '../../../certs/contract.ts'
import type { DocumentKind } from '../../../core/document.ts'
import { listApplications, type readApplication } from '../../../receivables/applications/contract.ts'
import { listQuestions, type questionItem } from '../../../receivables/confirmations/contract.ts'
import { type documentItem, listDocuments } from '../../../receivables/documents/contract.ts'
import { listFinancings } from '../../../receivables/financings/contract.ts'
import { call } from './call.ts'
import { type Paged, useWhole } from './use.ts'

export type Document = z.input<typeof documentItem>
export type Question = z.input<typeof questionItem>
type Items<
  Contracted extends {
    readonly reply: { readonly schema: z.ZodType<unknown, { readonly items: readonly unknown[] }> }
  },
> = z.input<Contracted['reply']['schema']>['items'][number]
export type Application = Items<typeof listApplications>
/** One application with the bank's decisions on it. */
export type ApplicationView = z.input<typeof readApplication.reply.schema>
export type Financing = Items<typeof listFinancings>
export type Organization = Items<typeof listOrganizations>

export const documentsOf =
  (query: { readonly kind?: DocumentKind; readonly trade?: string }, limit = 20): Paged<Document> =>
  ({ client }, after) =>
    call(client, listDocuments, { query: { ...query, after, limit, order: 'newest' } })

export const questionsOf =
  (answered?: 'true' | 'false'): Paged<Question> =>
  ({ client }, after) =>
    call(client, listQuestions, {
      query: { after, answered, limit: answered === undefined ? 200 : 50, order: 'newest' },
    })

export const applicationsOf: Paged<Application> = ({ client }, after) =>
  call(client, listApplications, { query: { after, limit: 50, order: 'newest' } })

export const financingsOf: Paged<Financing> = ({ client }, after) =>
  call(client, listFinancings, { query: { after, limit: 50, order: 'newest' } })

const organizations: Paged<Organization> = ({ client }, after) =>
  call(client, listOrganizations, { query: { after: after ?? '', limit: 200 } })

/** Everybody registered here, and what each is called: other parts know organizations by USCC alone. */
export const useOrganizations = () => {
  const query = useWhole(['listOrganizations'], organizations)
  const names = new Map(query.data?.map(it => [it.uscc, it.name]))
  return { ...query, list: query.data ?? [], nameOf: (uscc: string) => names.get(uscc) ?? uscc }
}
