import type { Channel, Priority } from './message.ts'

/** What a value in a text may be. `choice` is one of a few words, for `select` in a template. */
export type ParameterType = 'text' | 'count' | 'money' | 'date' | 'link' | { readonly choice: readonly string[] }

export type Money = { minor: number; currency: string }
/** As kept: dates are Unix milliseconds. */
export type Value = string | number | Money
export type Values = Readonly<Record<string, Value>>

type KindShape = {
  /** In the database; never given to another kind. */
  readonly number: number
  readonly priority: Priority
  /** About something the customer does with us: its inbox message cannot be switched off. */
  readonly transactional: boolean
  readonly parameters: Readonly<Record<string, ParameterType>>
  /** Where a person chose nothing, in order of preference. */
  readonly channels: readonly Channel[]
}

const usual: readonly Channel[] = ['email', 'sms', 'whatsapp', 'push']

/** Parameters every message has, found when it is read. `customer` is empty when we know no name. */
export const commonParameters = { customer: 'text', shop: 'text' } as const satisfies Record<string, ParameterType>

/** Everything people are told. A further one is a row here, its words in wording/, and where it is recorded. */
export const kinds = {
  'order-confirmed': {
    number: 1,
    priority: 'high',
    transactional: true,
    parameters: { order: 'text' },
    channels: usual,
  },
  'order-shipped': {
    number: 2,
    priority: 'normal',
    transactional: true,
    parameters: {
      order: 'text',
      units: 'count',
      complete: { choice: ['yes', 'no'] },
      tracked: { choice: ['yes', 'no'] },
      carrier: 'text',
      trackingNumber: 'text',
      trackingUrl: 'link',
    },
    channels: usual,
  },
  'order-delivered': {
    number: 3,
    priority: 'normal',
    transactional: true,
    parameters: { order: 'text' },
    channels: usual,
  },
  'order-returned': {
    number: 4,
    priority: 'normal',
    transactional: true,
    parameters: { order: 'text', units: 'count', refund: 'money' },
    channels: usual,
  },
  'order-cancelled': {
    number: 5,
    priority: 'high',
    transactional: true,
    parameters: {
      order: 'text',
      reason: { choice: ['shop', 'payment-refused', 'payment-expired', 'out-of-stock', 'operator'] },
    },
    channels: usual,
  },
  'payment-failed': {
    number: 6,
    priority: 'high',
    transactional: true,
    parameters: {
      order: 'text',
      amount: 'money',
      reason: { choice: ['declined', 'expired', 'cancelled', 'insufficient-funds', 'fraud', 'provider'] },
    },
    channels: usual,
  },
  'payment-needed': {
    number: 7,
    priority: 'high',
    transactional: true,
    parameters: { order: 'text', amount: 'money', deadline: 'date' },
    channels: usual,
  },
  'payment-refunded': {
    number: 8,
    priority: 'high',
    transactional: true,
    parameters: {
      order: 'text',
      amount: 'money',
      cause: { choice: ['cancelled', 'returned', 'late', 'operator'] },
    },
    channels: usual,
  },
  'stock-low': {
    number: 9,
    priority: 'normal',
    transactional: true,
    parameters: { product: 'text', left: 'count', level: 'count' },
    channels: ['email'],
  },
  notice: {
    number: 10,
    priority: 'normal',
    transactional: false,
    parameters: { title: 'text', text: 'text' },
    channels: ['email'],
  },
} as const satisfies Record<string, KindShape>

export type Kind = keyof typeof kinds
export const allKinds = Object.keys(kinds) as Kind[]
export const isKind = (text: string): text is Kind => Object.hasOwn(kinds, text)
export const kindOf = (kind: Kind): KindShape => kinds[kind]
export const parametersOf = (kind: Kind): Readonly<Record<string, ParameterType>> => ({
  ...commonParameters,
  ...kinds[kind].parameters,
})

const byNumber = new Map<number, Kind>(allKinds.map((kind) => [kinds[kind].number, kind]))
/** @throws when the row was written by a later release. */
export function kindNumbered(number: number): Kind {
  const kind = byNumber.get(number)
  if (kind === undefined) throw new RangeError(`there is no kind of message ${number}`)
  return kind
}

/** What is wrong with values for a kind, as sentences; none when they are right. The common ones are not looked for. */
export function faultsIn(kind: Kind, values: Values): string[] {
  const wanted: Readonly<Record<string, ParameterType>> = kinds[kind].parameters
  const missing = Object.keys(wanted).filter((name) => values[name] === undefined)
  const unknown = Object.keys(values).filter((name) => !Object.hasOwn(wanted, name))
  const wrong = Object.entries(wanted).filter(
    ([name, type]) => values[name] !== undefined && !fits(type, values[name] as Value),
  )
  return [
    ...missing.map((name) => `${name} is missing`),
    ...unknown.map((name) => `${name} is not a parameter of ${kind}`),
    ...wrong.map(([name, type]) => `${name} must be ${describe(type)}`),
  ]
}

function fits(type: ParameterType, value: Value): boolean {
  if (typeof type === 'object') return typeof value === 'string' && type.choice.includes(value)
  if (type === 'money') return typeof value === 'object' && Number.isSafeInteger(value.minor)
  if (type === 'count' || type === 'date') return Number.isSafeInteger(value)
  return typeof value === 'string' && (type === 'text' || value === '' || /^https?:\/\//.test(value))
}

const describe = (type: ParameterType): string =>
  typeof type === 'object'
    ? `one of ${type.choice.join(', ')}`
    : {
        text: 'a text',
        count: 'a whole number',
        money: 'an amount',
        date: 'an instant',
        link: 'an address (https://…)',
      }[type]

/** Values to try a template with: every word of every choice comes up. */
export function samplesOf(kind: Kind): Values[] {
  const types = kinds[kind].parameters as Readonly<Record<string, ParameterType>>
  const rounds = Math.max(1, ...Object.values(types).map((type) => (typeof type === 'object' ? type.choice.length : 2)))
  return Array.from({ length: rounds }, (_, round) =>
    Object.fromEntries(Object.entries(types).map(([name, type]) => [name, sampleOf(name, type, round)])),
  )
}

function sampleOf(name: string, type: ParameterType, round: number): Value {
  if (typeof type === 'object') return type.choice[round % type.choice.length] ?? ''
  if (type === 'money') return { minor: 4_999, currency: 'EUR' }
  if (type === 'date') return Date.UTC(2026, 0, 15, 18, 30)
  if (type === 'count') return round === 0 ? 1 : 3
  if (type === 'link') return 'https://carrier.example/track/JD014600003'
  return (
    {
      order: '3F7A9C21',
      carrier: 'DHL',
      trackingNumber: 'JD014600003',
      product: 'Brass lamp',
      title: 'We are moving',
      text: 'From Monday you find us in the second lane on the left.',
    }[name] ?? name
  )
}
