import { capture, type Charge, decide, type NewCharge, type Operation, refund, Refusal, voidCharge } from './charge.ts'
import type { Ledger } from './ledger.ts'
import { type Mode, type ModeName, modeOfToken, ok } from './modes.ts'

export type Outcome = { charge: Charge; mode: Mode; repeated: boolean }

export type Till = {
  /** Decide many, write all of it down in one go. One that is refused stands among the others as its refusal. */
  charge(asked: readonly NewCharge[], mode: Mode): (Outcome | Refusal)[]
  operate(id: string, what: 'capture' | 'void' | 'refund', operation: Operation): { charge: Charge; repeated: boolean }
  /** The shopper at the payment page, or their bank. */
  decide(id: string, decision: 'pay' | 'decline'): Charge
}

const bounds = (charge: NewCharge): string | undefined => {
  const { amountMinor, currency, reference, idempotencyKey } = charge
  if (!Number.isSafeInteger(amountMinor) || amountMinor < 1) return 'amount_invalid'
  if (!/^[A-Z]{3}$/.test(currency)) return 'currency_invalid'
  if (!reference || reference.length > 100 || !idempotencyKey || idempotencyKey.length > 200) return 'reference_invalid'
  return undefined
}

/** Modes in which nothing happens, and what is said then. */
const notEvenTried: Partial<Record<ModeName, { status: number; code: string }>> = {
  '500-before': { status: 500, code: 'internal_error' },
  '429': { status: 429, code: 'too_many_requests' },
  down: { status: 503, code: 'down' },
}

/** The rules of the test provider on its book. */
export function createTill(ledger: Ledger): Till {
  function fresh(asked: NewCharge, forAll: Mode): { charge: Charge; mode: Mode } {
    const fault = bounds(asked)
    if (fault !== undefined) throw new Refusal(422, fault)
    const byToken = asked.token === undefined || asked.token === '' ? ok : modeOfToken(asked.token)
    if (byToken === undefined) throw new Refusal(402, 'token_unknown')
    const mode = forAll.name === 'ok' ? byToken : forAll
    const before = notEvenTried[mode.name]
    if (before !== undefined) throw new Refusal(before.status, before.code)
    const nowMs = Date.now()
    const pending: Charge = {
      id: ledger.nextId(),
      reference: asked.reference,
      method: asked.method,
      state: 'pending',
      amountMinor: mode.name === 'wrong-amount' ? asked.amountMinor + 100 : asked.amountMinor,
      capturedMinor: 0,
      refundedMinor: 0,
      feeMinor: 0,
      currency: asked.currency,
      captures: 0,
      reason: '',
      capture: asked.capture,
      returnUrl: asked.returnUrl,
      refunds: [],
      createdAtMs: nowMs,
      changedAtMs: nowMs,
    }
    if (mode.name === 'decline') return { charge: decide(pending, 'decline', 'card_declined'), mode }
    if (mode.name === 'async') return { charge: { ...pending, decidesAtMs: nowMs + mode.ms }, mode }
    // Without a token there is nothing to take the money from yet: the shopper has to come.
    return { charge: asked.token ? decide(pending, 'pay') : pending, mode }
  }

  const known = (id: string): Charge => {
    const charge = ledger.get(id)
    if (charge === undefined) throw new Refusal(404, 'no_such_charge')
    return charge
  }

  return {
    charge(asked, forAll) {
      const lines: { charge: Charge; key: string; asked: string }[] = []
      const here = new Map<string, { charge: Charge; asked: string }>()
      const outcomes = asked.map((one): Outcome | Refusal => {
        try {
          const key = one.idempotencyKey
          const what = `authorise ${one.reference} ${one.amountMinor} ${one.currency} ${one.capture}`
          const inBatch = here.get(key)
          if (inBatch !== undefined && inBatch.asked !== what) throw new Refusal(422, 'idempotency_key_reused')
          const before = inBatch?.charge ?? ledger.repeated(key, what)
          if (before !== undefined) return { charge: before, mode: ok, repeated: true }
          const { charge, mode } = fresh(one, forAll)
          here.set(key, { charge, asked: what })
          lines.push({ charge, key, asked: what })
          return { charge, mode, repeated: false }
        } catch (error) {
          if (error instanceof Refusal) return error
          throw error
        }
      })
      ledger.write(lines)
      return outcomes
    },
    operate(id, what, { idempotencyKey: key, amountMinor, refundId = '' }) {
      const charge = known(id)
      if (!key || key.length > 200) throw new Refusal(422, 'idempotency_key_missing')
      const asked = `${what} ${id} ${amountMinor} ${refundId}`
      const before = ledger.repeated(key, asked)
      if (before !== undefined) return { charge: before, repeated: true }
      const next =
        what === 'capture'
          ? capture(charge, amountMinor)
          : what === 'void'
            ? voidCharge(charge)
            : refund(charge, refundId, amountMinor)
      const changed = { ...next, changedAtMs: Date.now() }
      ledger.write([{ charge: changed, key, asked }])
      return { charge: changed, repeated: false }
    },
    decide(id, decision) {
      const charge = { ...decide(known(id), decision), changedAtMs: Date.now() }
      ledger.write([{ charge }])
      return charge
    },
  }
}
