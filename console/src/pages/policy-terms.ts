import { formatAmount, isCurrency, type Money, money, parseAmount } from '../../../core/money.ts'
import { decimal, formatDecimal, parseDecimal } from '../../../core/quantity.ts'
import { defaultGates, type Policy, policySchema } from '../../../core/report/policy.ts'
import { samplePolicy } from '../../../core/report/sample-policy.ts'
import { moneyText } from '../format/money.ts'

/** What is set number by number, in the order of the form: as a share in per cent, a count, or a count that may be absent. */
export const numbers = {
  'eligibility.advanceRate': 'share',
  'eligibility.dilutionFree': 'share',
  'eligibility.crossAgeing': 'share',
  'eligibility.concentration': 'share',
  'eligibility.maxAgeDays': 'count',
  coverage: 'share',
  'match.quantityTolerance': 'share',
  'match.priceTolerance': 'share',
  'scans.chainShare': 'share',
  'scans.perMinute': 'count',
  'scans.lateAfterHours': 'count',
  'scans.kilometresPerHour': 'count',
  'confirmation.maxAgeDays': 'count',
  'confirmation.headWithinHours': 'none-or-count',
  'registry.maxAgeHours': 'count',
  'queries.maxAgeHours': 'count',
  'term.statutoryDays': 'count',
  'term.longestDays': 'count',
} as const
export type NumberPath = keyof typeof numbers
export const numberPaths = Object.keys(numbers) as NumberPath[]

export type PolicyValues = {
  readonly name: string
  readonly demonstration: boolean
  readonly numbers: Readonly<Record<string, string>>
  readonly gates: Policy['gates']
  readonly invoiceNumbers: Policy['invoiceNumbers']
  readonly acceptOperatorOnly: boolean
  readonly facility:
    | { readonly currency: string; readonly limit: string; readonly reserves: string; readonly outstanding: string }
    | undefined
  readonly origins: string
  readonly independent: string
  readonly affiliated: string
}

type Tree = { readonly [name: string]: unknown }

/** Dots are what antd splits no name at, and what a policy's names never have. */
const read = (policy: Policy, path: NumberPath): unknown =>
  path.split('.').reduce<unknown>((of, name) => (of as Tree)[name], policy)

const HUNDRED = 2

const shown = (path: NumberPath, value: unknown): string => {
  if (value === null) return ''
  if (numbers[path] !== 'share') return String(value)
  const { unscaled, scale } = parseDecimal(String(value))
  return formatDecimal(decimal(unscaled * 10n ** BigInt(HUNDRED), scale))
}

/** Throws SyntaxError on what is no such number. */
const meant = (path: NumberPath, text: string): string | number | null => {
  const trimmed = text.trim()
  const kind = numbers[path]
  if (kind === 'none-or-count' && trimmed === '') return null
  if (kind !== 'share') {
    if (!/^\d{1,7}$/.test(trimmed)) throw new SyntaxError('expected a whole number')
    return Number(trimmed)
  }
  const { unscaled, scale } = parseDecimal(trimmed)
  const share = decimal(unscaled, scale + HUNDRED)
  if (share.unscaled < 0n || share.unscaled > 10n ** BigInt(share.scale)) throw new SyntaxError('expected 0 to 100')
  return formatDecimal(share)
}

export const isNumberFor = (path: NumberPath, text: string): boolean => {
  try {
    meant(path, text)
    return true
  } catch {
    return false
  }
}

const lines = (of: readonly string[]): string => of.join('\n')
const listed = (text: string): string[] => [...new Set(text.split(/[\s,，、;；]+/).filter(it => it !== ''))]

const amountText = (currency: string, minor: string): string =>
  isCurrency(currency) ? formatAmount(money(currency, BigInt(minor))) : minor

export const valuesOf = (policy: Policy): PolicyValues => {
  const { facility } = policy.eligibility
  return {
    name: policy.name,
    demonstration: policy.demonstration,
    numbers: Object.fromEntries(numberPaths.map(path => [path, shown(path, read(policy, path))])),
    gates: policy.gates,
    invoiceNumbers: policy.invoiceNumbers,
    acceptOperatorOnly: policy.anchor.acceptOperatorOnly,
    facility: facility && {
      currency: facility.currency,
      limit: amountText(facility.currency, facility.limit),
      reserves: amountText(facility.currency, facility.reserves),
      outstanding: amountText(facility.currency, facility.outstanding),
    },
    origins: lines(policy.registry.origins),
    independent: lines(policy.independent),
    affiliated: lines(policy.affiliated),
  }
}

/** The next version. Throws SyntaxError, RangeError or the schema's error on what can't be a policy. */
export const policyFrom = (before: Policy, values: PolicyValues): Policy => {
  const set = (path: NumberPath) => meant(path, values.numbers[path] ?? '')
  const group = (name: string) =>
    Object.fromEntries(
      numberPaths.flatMap(path => (path.startsWith(`${name}.`) ? [[path.slice(name.length + 1), set(path)]] : [])),
    )
  return policySchema.parse({
    ...before,
    version: before.version + 1,
    name: values.name.trim(),
    demonstration: values.demonstration,
    gates: values.gates,
    match: group('match'),
    coverage: set('coverage'),
    scans: group('scans'),
    invoiceNumbers: values.invoiceNumbers,
    confirmation: group('confirmation'),
    registry: { ...group('registry'), origins: listed(values.origins) },
    queries: group('queries'),
    term: group('term'),
    anchor: { acceptOperatorOnly: values.acceptOperatorOnly },
    independent: listed(values.independent),
    affiliated: listed(values.affiliated),
    eligibility: { ...group('eligibility'), ...facilityOf(values.facility) },
  })
}

const facilityOf = (facility: PolicyValues['facility']) => {
  if (facility === undefined) return {}
  const { currency } = facility
  if (!isCurrency(currency)) throw new SyntaxError(`${currency} is no currency`)
  const minor = (text: string): string => minorOf(parseAmount(text.replaceAll(',', '').trim() || '0', currency))
  return {
    facility: {
      currency,
      limit: minor(facility.limit),
      reserves: minor(facility.reserves),
      outstanding: minor(facility.outstanding),
    },
  }
}
const minorOf = ({ minor }: Money): string => String(minor)

/** What a bank begins with where nothing stands: the trade's defaults, with nothing accepted that a sample would accept. */
export const firstPolicy = (bank: string): Policy => ({
  ...samplePolicy(bank),
  name: '',
  demonstration: false,
  gates: defaultGates as Policy['gates'],
  anchor: { acceptOperatorOnly: false },
})

export type Change = { readonly path: string; readonly before: string | undefined; readonly after: string | undefined }

type Told = { readonly eligibility: { readonly facility?: Readonly<Record<string, string>> | undefined } }

/** Which of its parts say something else, by path; amounts of the facility as they are read. */
export const changesBetween = (before: Told, after: Told): readonly Change[] => {
  const [was, is] = [flat(toRead(before)), flat(toRead(after))]
  return [...new Set([...was.keys(), ...is.keys()])]
    .filter(path => path !== 'version' && was.get(path) !== is.get(path))
    .map(path => ({ path, before: was.get(path), after: is.get(path) }))
}

const toRead = (policy: Told): Told => {
  const { facility } = policy.eligibility
  if (facility === undefined) return policy
  const { currency = '', ...amounts } = facility
  const told = Object.fromEntries(Object.entries(amounts).map(([name, minor]) => [name, moneyText(minor, currency)]))
  return { ...policy, eligibility: { ...policy.eligibility, facility: { currency, ...told } } }
}

const flat = (of: object): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(of).flatMap(([name, value]): (readonly [string, string])[] =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? [...flat(value)].map(([rest, text]) => [`${name}.${rest}`, text] as const)
        : value === undefined
          ? []
          : [[name, Array.isArray(value) ? value.join(', ') : String(value)]],
    ),
  )
