import type { Mutant } from './list.ts'

const stripe = 'services/payments/providers/stripe.test.ts'

/** Ways to break what stands between us and those who move money. */
export const providerMutants: readonly Mutant[] = [
  {
    name: 'lost-answer-as-unavailable',
    breaks: 'A charge whose answer was lost counts as never made, and would be made again.',
    edits: [
      {
        file: 'services/payments/providers/http.ts',
        find: 'return reading || codes.some((code) => neverSent.has(code))',
        replace: 'return reading || codes.length >= 0',
      },
    ],
    turnsRed: [
      {
        file: 'services/payments/providers/http.test.ts',
        test: 'that was cut after it was sent may have been a charge; a look may be repeated',
      },
    ],
  },
  {
    name: 'refund-without-key',
    breaks: 'A refund that is repeated at Stripe is given again.',
    edits: [
      {
        file: 'services/payments/providers/stripe.ts',
        find: 'client.refunds.create({ payment_intent: providerReference, amount, metadata }, { idempotencyKey }),',
        replace: 'client.refunds.create({ payment_intent: providerReference, amount, metadata }),',
      },
    ],
    turnsRed: [{ file: stripe, test: 'gives back once what is asked for twice because the first answer was lost' }],
  },
  {
    name: 'old-webhooks-believed',
    breaks: 'A webhook that somebody kept can be sent again for ever.',
    edits: [
      {
        file: 'services/payments/providers/signatures.ts',
        find: 'if (Math.abs(nowMs - Number(seconds) * 1_000) > toleranceMs)',
        replace: 'if (Number.isNaN(nowMs))',
      },
    ],
    turnsRed: [{ file: stripe, test: 'is not believed when what it says is from yesterday' }],
  },
  {
    name: 'test-provider-steps-in',
    breaks: 'Beside a real provider the test provider takes payments, so that goods are given away.',
    edits: [
      {
        file: 'services/payments/providers/index.ts',
        find: "guarded.some(isReal) && preferred[method] !== 'test' ? guarded.filter(isReal) : guarded",
        replace: 'guarded.length > 99 ? guarded.filter(isReal) : guarded',
      },
    ],
    turnsRed: [
      {
        file: 'services/payments/providers/providers.test.ts',
        test: 'step in for one that is away; a token stays with the one that gave it',
      },
    ],
  },
  {
    name: 'open-circuit-asks-on',
    breaks: 'A provider that is down is asked on and on.',
    edits: [
      {
        file: 'packages/resilience/window.ts',
        find: 'return calls >= this.#options.minimumCalls && failures > this.#options.failureRate * calls',
        replace: 'return calls < 0 && failures > this.#options.failureRate * calls',
      },
    ],
    turnsRed: [
      {
        file: 'packages/resilience/guard.test.ts',
        test: 'opens when more than half of at least ten calls failed, and then calls nobody',
      },
    ],
  },
]
