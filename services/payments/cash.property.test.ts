import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Command, decide, type Rules } from './decide.ts'
import type { Dossier, GiveBack } from './payment.ts'

const totalMinor = 100_000
let ids = 0
const rules: Rules = { capture: 'shipment', newId: () => `refund-${(ids += 1)}` }

const promised = (): Dossier => ({
  payment: {
    paymentId: 'order',
    shopId: 'shop',
    customerId: 'customer',
    method: 'cash-on-delivery',
    state: 'authorised',
    version: 1,
    amountMinor: totalMinor,
    capturedMinor: 0,
    refundedMinor: 0,
    currency: 'EUR',
    commissionBp: 1_000,
    taxBp: 1_900,
    history: [['authorised', 0]],
  },
  intent: undefined,
  refunds: [],
  giveBacks: [],
  unasked: true,
})

/** What happens to the money of an order, in any order. */
type Step =
  | { do: 'delivered' }
  /** The shop's staff say by hand that all of it was paid. */
  | { do: 'captured by hand' }
  | { do: 'give back'; giveBack: Omit<GiveBack, 'correlationId'> }

function after(steps: readonly Step[], dueMinor: number): Dossier {
  let now = promised()
  const tell = (command: Command) => (now = decide(now, command, rules, 1_000).after)
  for (const step of steps)
    if (step.do === 'delivered') tell({ do: 'collect', dueMinor })
    else if (step.do === 'captured by hand') {
      if (now.payment.state === 'authorised') tell({ do: 'capture' })
    } else {
      now = { ...now, giveBacks: [...now.giveBacks, { ...step.giveBack, correlationId: '' }] }
      tell({ do: 'follow' })
    }
  return now
}

/** An order of which a part could not be delivered and a part of the rest came back, in pieces. */
const story = fc
  .record({
    undelivered: fc.array(fc.integer({ min: 1, max: 12_000 }), { minLength: 1, maxLength: 4 }),
    returned: fc.array(fc.integer({ min: 1, max: 12_000 }), { maxLength: 4 }),
    byHand: fc.boolean(),
  })
  .chain(({ undelivered, returned, byHand }) => {
    const steps: Step[] = [
      { do: 'delivered' },
      ...(byHand ? [{ do: 'captured by hand' } as const] : []),
      ...[
        ...undelivered.map((amountMinor) => ({ amountMinor, cause: 'undelivered' })),
        ...returned.map((amountMinor) => ({ amountMinor, cause: 'returned' })),
      ].map((giveBack, index): Step => ({ do: 'give back', giveBack: { ...giveBack, causeId: `return-${index}` } })),
    ]
    return fc.record({
      steps: fc.shuffledSubarray(steps, { minLength: steps.length }),
      undelivered: fc.constant(undelivered.reduce((sum, each) => sum + each, 0)),
      returned: fc.constant(returned.reduce((sum, each) => sum + each, 0)),
    })
  })

describe('cash for an order of which a part could not be delivered', () => {
  test('is kept for what the customer keeps, to the last minor unit, in whatever order it all happens', () =>
    fc.assert(
      fc.property(story, ({ steps, undelivered, returned }) => {
        const { payment, giveBacks, refunds } = after(steps, totalMinor - undelivered)
        expect(giveBacks).toEqual([])
        expect(payment.capturedMinor - payment.refundedMinor).toBe(totalMinor - undelivered - returned)
        // What was paid back is what was paid: nothing the customer never paid reaches his wallet.
        const paidInFull = payment.capturedMinor === totalMinor
        expect(payment.refundedMinor).toBe(paidInFull ? undelivered + returned : returned)
        expect(refunds.reduce((sum, { amountMinor }) => sum + amountMinor, 0)).toBe(payment.refundedMinor)
      }),
      { numRuns: 500 },
    ))
  test('is not taken at all when all that arrived was free', () => {
    const { payment } = after([{ do: 'delivered' }], 0)
    expect([payment.state, payment.capturedMinor]).toEqual(['voided', 0])
  })
  test('is taken whole when nobody knows what is due, and given back afterwards', () => {
    const giveBack = { causeId: 'return', cause: 'undelivered', amountMinor: 400 }
    let now = decide(promised(), { do: 'collect' }, rules, 1_000).after
    now = decide({ ...now, giveBacks: [{ ...giveBack, correlationId: '' }] }, { do: 'follow' }, rules, 1_000).after
    expect([now.payment.capturedMinor, now.payment.refundedMinor]).toEqual([totalMinor, 400])
  })
  test('ends when nothing arrives, whatever parts were told of before', () => {
    const parts = [
      { causeId: 'one', cause: 'undelivered', amountMinor: 60_000 },
      { causeId: 'two', cause: 'returned', amountMinor: 0 },
    ]
    const { payment, giveBacks } = after(
      parts.map((giveBack): Step => ({ do: 'give back', giveBack })),
      0,
    )
    expect([payment.state, payment.capturedMinor, giveBacks]).toEqual(['voided', 0, []])
  })
})
