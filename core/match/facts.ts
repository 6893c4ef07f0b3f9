import type { Currency } from '../money.ts'
import type { Decimal } from '../quantity.ts'
import type { Pack } from './unit.ts'

/** What is known of one order line, over all its deliveries, acceptances, returns, invoices, credits and marks. */
export type LineFacts = {
  /** Code of the order, and the line in it. */
  readonly order: string
  readonly line: string
  readonly currency: Currency
  readonly unit: string
  /** How other units convert into the line's. */
  readonly packs: readonly Pack[]
  readonly ordered: Decimal
  readonly orderedPrice: Decimal
  /** Each instance has a serial: no tolerance. */
  readonly serialised: boolean
  readonly accepted: readonly Goods[]
  readonly returned: readonly Goods[]
  readonly invoiced: readonly InvoicedLine[]
  readonly credited: readonly (Goods & { readonly invoice: string })[]
  /** Under live marks of other applications, in the line's unit. */
  readonly financed: Decimal
}

/** A quantity of goods; `code` names the lot or the instance, where there is one. */
export type Goods = { readonly quantity: Decimal; readonly unit: string; readonly code?: string }

export type InvoicedLine = Goods & {
  readonly invoice: string
  readonly number: string
  readonly issueDate: string
  /** For one of `unit`, without tax. */
  readonly price: Decimal
  readonly taxRate: Decimal
}

/** An invoiced line in the order line's unit; `per` says how many of these the price is for. */
export type BilledLine = InvoicedLine & { readonly per: Decimal }

export type Tolerances = {
  /** 0.05 lets 105 count where 100 were ordered. */
  readonly quantity: Decimal
  readonly price: Decimal
}
