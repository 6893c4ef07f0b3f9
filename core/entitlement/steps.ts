/** Who may report a step, and whether only a device of the place may. */
export type StepRule = { readonly who: 'seller' | 'buyer' | 'party' | 'minter'; readonly device: boolean }

const rules: Readonly<Record<string, StepRule>> = {
  commissioning: { who: 'minter', device: false },
  encoding: { who: 'minter', device: false },
  packing: { who: 'seller', device: false },
  picking: { who: 'seller', device: false },
  loading: { who: 'seller', device: false },
  staging_outbound: { who: 'seller', device: false },
  shipping: { who: 'seller', device: false },
  departing: { who: 'seller', device: false },
  arriving: { who: 'buyer', device: true },
  unloading: { who: 'buyer', device: true },
  receiving: { who: 'buyer', device: true },
  inspecting: { who: 'buyer', device: true },
  accepting: { who: 'buyer', device: true },
  unpacking: { who: 'buyer', device: true },
  storing: { who: 'buyer', device: true },
  stocking: { who: 'buyer', device: true },
  returning: { who: 'party', device: false },
}

/** What came back was sent by the buyer and taken in by the seller, whatever the step is called. */
const returned: StepRule = { who: 'party', device: false }

/** Undefined for a step that no rule is about: it may be true, but nothing follows from it. */
export const maySign = (step: string, disposition: string | undefined): StepRule | undefined =>
  disposition === 'returned' ? returned : Object.hasOwn(rules, step) ? rules[step] : undefined

/**
 * A unit's way through these steps never leads back, but by a return. Steps of one number may come in either order.
 * Transport has no place in it: what a carrier says is beside the way.
 */
const ranks: Readonly<Record<string, number>> = {
  commissioning: 0,
  encoding: 0,
  packing: 1,
  picking: 1,
  loading: 2,
  staging_outbound: 2,
  shipping: 3,
  departing: 3,
  arriving: 4,
  unloading: 4,
  receiving: 5,
  inspecting: 6,
  accepting: 6,
  unpacking: 7,
  storing: 7,
  stocking: 7,
  returning: 8,
}

export const rankOf = (step: string): number | undefined => (Object.hasOwn(ranks, step) ? ranks[step] : undefined)
