import type { Authorization, ResourceType } from '../authorization.ts'
import type { Matter, MatterKind } from '../statement.ts'

/** One invoice that was put to a bank, and what it hangs on. */
export type Trade = {
  readonly seller: string
  readonly buyer: string
  /** Code of the order; undefined to who is not shown it. */
  readonly order: string | undefined
  /** Whether the invoice is shown with the code of its order, so that other papers can be joined to it. */
  readonly joined: boolean
  /** Code of the invoice. */
  readonly invoice: string
}

/**
 * A signer and a matter on which nothing of it may be missing. `id` is undefined where its code is withheld: then it is
 * the one to which that invoice belongs.
 */
export type Demand = {
  readonly signer: string
  readonly kind: MatterKind
  readonly id: string | undefined
  readonly invoice?: string
}

const ofSeller: Partial<Record<ResourceType, MatterKind>> = { order: 'order', delivery: 'delivery', invoice: 'billing' }
const ofBuyer: Partial<Record<ResourceType, MatterKind>> = { delivery: 'delivery', confirmation: 'answer' }

/**
 * Whose statements on what must be shown without a gap: both parties' on the agreement, and of what it covers the
 * seller's papers under the orders of these invoices, the buyer's receipts and its answers. What the agreement does not
 * cover at all is not asked for, nor what could be joined to the invoice by nobody who is shown it. Sorted and without
 * repetition.
 */
export const demandedMatters = (
  {
    id,
    subject,
    grantee,
    holders,
    resources,
  }: Pick<Authorization, 'id' | 'subject' | 'grantee' | 'holders' | 'resources'>,
  trades: readonly Trade[],
): readonly Demand[] => {
  const covered = resources.map(({ type }) => type)
  const held = (uscc: string) => holders.some(holder => holder.uscc === uscc)
  const demands: Demand[] = [
    { signer: subject.uscc, kind: 'authorization', id },
    { signer: grantee.uscc, kind: 'authorization', id },
    ...trades.flatMap(trade =>
      covered.flatMap(type => [
        ...demand(held(trade.seller) ? ofSeller[type] : undefined, trade.seller, trade),
        ...demand(held(trade.buyer) ? ofBuyer[type] : undefined, trade.buyer, trade),
      ]),
    ),
  ]
  const named = new Map(demands.map(it => [`${it.signer} ${it.kind} ${it.id ?? ''} ${it.invoice ?? ''}`, it]))
  return [...named.keys()].sort().flatMap(name => named.get(name) ?? [])
}

const demand = (
  kind: MatterKind | undefined,
  signer: string,
  { order: id, joined, invoice }: Trade,
): readonly Demand[] => {
  if (kind === undefined) return []
  if (kind === 'answer') return [{ signer, kind, id: invoice }]
  if (kind !== 'billing' && !joined) return []
  return [id === undefined ? { signer, kind, id, invoice } : { signer, kind, id }]
}

export const isNamed = (it: Demand): it is Demand & Matter => it.id !== undefined
