import type { Mutant } from './list.ts'

const paying = 'services/payments/payments.test.ts'
const learning = 'services/payments/webhooks.test.ts'

/** Ways to break what becomes of money. */
export const paymentMutants: readonly Mutant[] = [
  {
    name: 'charge-repeated-blindly',
    breaks: 'A charge whose answer was lost is sent again without asking whether it was made.',
    edits: [
      {
        file: 'services/payments/perform.ts',
        find: '  taken.mustLook ||\n',
        replace: '',
      },
    ],
    turnsRed: [
      {
        file: paying,
        test: 'money that never arrived is not asked for again',
      },
      { file: paying, test: 'whose answer is lost (["lost-after"]) is looked up before anything is repeated' },
    ],
  },
  {
    name: 'sleeper-believed',
    breaks: 'A process that slept beyond its lease writes what it was told, though another has done its work since.',
    edits: [
      {
        file: 'services/payments/operations.sql.ts',
        find: 'on o.operation_id = n.operation_id and o.fence = n.fence and o.state =',
        replace: 'on o.operation_id = n.operation_id or o.state =',
      },
    ],
    turnsRed: [
      { file: paying, test: 'is not written by somebody who slept beyond his lease: the truth is fetched again' },
    ],
  },
  {
    name: 'wrong-amount-accepted',
    breaks: 'Whatever amount a provider says it took is taken for the one that was asked for.',
    edits: [
      {
        file: 'services/payments/decide.ts',
        find: 'if (said.amountMinor === payment.amountMinor && said.currency === payment.currency) return undefined',
        replace: 'if (said.currency !== "") return undefined',
      },
    ],
    turnsRed: [{ file: paying, test: 'that the provider took for another amount is not accepted, and goes back' }],
  },
  {
    name: 'given-back-twice',
    breaks: 'An order given back again for the same cause is paid out again.',
    edits: [
      {
        file: 'services/payments/payments.sql.ts',
        find: 'on conflict (payment_id, cause_id) do nothing returning payment_id',
        replace: "on conflict (payment_id, cause_id) do update set state = 'waiting' returning payment_id",
      },
    ],
    turnsRed: [
      { file: paying, test: 'a collected card is refunded by its provider, whole or in parts, each cause once' },
    ],
  },
  {
    name: 'webhook-lost-while-looking',
    breaks: 'A webhook that comes while its payment is being looked up is counted as seen.',
    edits: [
      {
        file: 'services/payments/settle-attempts.ts',
        find: "taken.kind === 'look' && mine.get(taken.operationId) !== taken.wanted",
        replace: 'false',
      },
    ],
    turnsRed: [{ file: learning, test: 'that comes while a look is under way has the provider asked once more' }],
  },
]
