import { z } from 'zod'
import { severities } from '../../core/alert.ts'
import { applicationStates } from '../../core/application.ts'
import { contract } from '../../core/contract.ts'
import { mode } from '../../core/financing.ts'
import { ageKeys } from '../../core/report/portfolio.ts'
import { usccSchema } from '../../core/uscc.ts'

const minor = z.string().describe('Minor units')
const rate = z.string().describe('A decimal; 0.8 is 80 %')
const count = z.int()
const part = { count, open: minor, advanced: minor }

const holding = z.object({
  financing: z.uuid(),
  application: z.uuid(),
  report: z.uuid().nullable(),
  /** For which instant the report was made; null where there is none to go by. */
  asOf: z.iso.datetime().nullable(),
  invoice: z.string(),
  seller: usccSchema,
  buyer: usccSchema.nullable(),
  mode,
  /** False: held, and no money is out on it. */
  financed: z.boolean(),
  amount: minor,
  open: minor.nullable(),
  financeable: minor.nullable(),
  eligible: minor,
  excluded: z.enum(['NOT_SOUND', 'NOT_EVALUABLE', 'TOO_OLD', 'CROSS_AGED']).nullable(),
  issueDate: z.iso.date(),
  due: z.iso.date().nullable(),
  ageing: z.enum(ageKeys),
})
export type HoldingItem = z.input<typeof holding>

const share = z.object({
  /** Null for what no report names a buyer of. */
  of: usccSchema.nullable(),
  ...part,
  eligible: minor,
  share: rate.nullable(),
  over: minor,
})

const inCurrency = z.object({
  currency: z.string(),
  ...part,
  /** Step 1: min(F, open) of what is verified, undisputed and within the age limit. Step 2 takes buyers out as a whole. */
  total: minor,
  excluded: z.array(z.object({ reason: holding.shape.excluded.unwrap(), count, open: minor })),
  crossAged: z.array(usccSchema),
  /** Step 3 */
  overConcentration: minor,
  pool: minor,
  /** Step 4 */
  dilution: rate,
  advanceRate: rate,
  lendable: minor,
  /** Step 5 */
  reserves: minor,
  limit: minor.nullable(),
  base: minor,
  declared: minor.describe('What the policy says is out'),
  marked: minor.describe('What the bank’s marks here say is out'),
  outstanding: minor.describe('The greater of the two'),
  availability: minor,
  shortfall: minor.describe('By how much more is out than the base bears'),
  ageing: z.array(z.object({ key: z.enum(ageKeys), ...part })),
  buyers: z.array(share),
  sellers: z.array(share),
  /** Due soonest first. */
  holdings: z.array(holding),
  /** How many more there are; every sum counts them. */
  more: count,
})
export type PortfolioInCurrency = z.input<typeof inCurrency>

export const readPortfolio = contract({
  operation: 'getPortfolio',
  method: 'get',
  path: '/api/v1/portfolio',
  summary:
    'What the caller’s live marks at this registry hold, by the newest report on each: ageing, concentration, and availability by the five steps under its own policy',
  surface: 'reports:read',
  reply: {
    status: 200,
    description: 'One part for each currency, none where nothing is held',
    schema: z.object({
      asOf: z.iso.datetime(),
      policy: z.object({
        version: count,
        name: z.string(),
        demonstration: z.boolean(),
        advanceRate: rate,
        dilutionFree: rate,
        crossAgeing: rate,
        concentration: rate,
        maxAgeDays: count,
      }),
      applications: z.array(
        z.object({
          state: z.enum(Object.keys(applicationStates) as [keyof typeof applicationStates]),
          count,
        }),
      ),
      /** That nobody has acknowledged. */
      alerts: z.array(z.object({ severity: z.enum(severities), count })),
      currencies: z.array(inCurrency),
    }),
  },
  refusals: ['POLICY_UNKNOWN'],
})
export type PortfolioView = z.input<typeof readPortfolio.reply.schema>
