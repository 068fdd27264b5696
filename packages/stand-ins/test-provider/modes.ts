/**
 * How it fails, when asked to. As a token of a card: `tok_charge_then_timeout`, `tok_slow_2000`; for all calls, by
 * `PUT /control`: `{"mode":"slow:2000"}`.
 */
export const modeNames = [
  'ok',
  'decline',
  'slow',
  'charge-then-timeout',
  'charge-then-reset',
  '500-before',
  '500-after',
  'webhook-twice',
  'webhook-out-of-order',
  'webhook-before-answer',
  'webhook-never',
  'wrong-amount',
  'nonsense',
  'async',
  '429',
  'down',
] as const

export type ModeName = (typeof modeNames)[number]

/** `ms`: of `slow` and `async`. */
export type Mode = { name: ModeName; ms: number }

export const ok: Mode = { name: 'ok', ms: 0 }
const defaultMs = { slow: 1_000, async: 1_000 }

/** @returns undefined when there is no such mode */
export function parseMode(text: string): Mode | undefined {
  const [name, given] = text.split(':', 2)
  const known = modeNames.find((one) => one === name)
  if (known === undefined || (given !== undefined && !/^\d{1,7}$/.test(given))) return undefined
  return { name: known, ms: given === undefined ? (defaultMs[known as 'slow'] ?? 0) : Number(given) }
}

/** The mode a card's token asks for; undefined: a token we never gave out. */
export function modeOfToken(token: string): Mode | undefined {
  if (!token.startsWith('tok_')) return undefined
  const [, words, digits] = /^tok_(.*?)(?:_(\d+))?$/.exec(token) ?? []
  const name = (words ?? '').replaceAll('_', '-')
  return parseMode(digits === undefined ? name : `${name}:${digits}`)
}

export type OperationName = 'authorise' | 'capture' | 'void' | 'refund' | 'find'

export type Control = {
  mode: Mode
  /** Which calls it is about; none named: those that change something, and for `down` and `slow` all. */
  operations: readonly OperationName[]
  /** How many calls it is about. */
  times: number
}

/** The switch for all calls. */
export function createControl() {
  let control: Control = { mode: ok, operations: [], times: Infinity }
  const concerns = (operation: OperationName): boolean =>
    control.operations.length > 0
      ? control.operations.includes(operation)
      : operation !== 'find' || control.mode.name === 'down' || control.mode.name === 'slow'
  return {
    set(next: Control): void {
      control = next
    },
    get: () => control,
    /** The mode of this call; counts it. */
    take(operation: OperationName): Mode {
      if (control.mode.name === 'ok' || control.times <= 0 || !concerns(operation)) return ok
      control = { ...control, times: control.times - 1 }
      return control.mode
    },
  }
}
