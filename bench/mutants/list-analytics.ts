import type { Mutant } from './list.ts'

const counting = 'services/analytics/analytics.test.ts'
const summing = 'services/orders/sum-sold.test.ts'

/** Ways to break how it is counted what was sold. */
export const analyticsMutants: readonly Mutant[] = [
  {
    name: 'cancelled-never-noticed',
    breaks: 'A day that has ended is summed up as it was counted at first, though orders were cancelled since.',
    edits: [
      {
        file: 'services/analytics/count-sold.ts',
        find: '!day.isClosed && day.firstAt.getTime() >= endedMs',
        replace: 'day.firstAt.getTime() >= 0 || endedMs === 0',
      },
    ],
    turnsRed: [{ file: counting, test: 'is counted anew an hour after its end, and once more after a week' }],
  },
  {
    name: 'counted-into-what-was-there',
    breaks: 'What was known of a quarter of an hour stays when it is counted again.',
    edits: [
      {
        file: 'services/analytics/counting.sql.ts',
        find: 'delete from outcome_slots where slot_at >= ${from} and slot_at < ${until}',
        replace: 'delete from outcome_slots where slot_at > ${from} and slot_at < ${until}',
      },
    ],
    turnsRed: [{ file: counting, test: 'counting the same again changes nothing' }],
  },
  {
    name: 'takings-of-another-system',
    breaks: 'Orders taken over from another system count as sold here, whenever somebody imports them.',
    edits: [
      { file: 'services/orders/sold.sql.ts', find: ' and payment_method <> ${externalPayment})', replace: ')' },
      { file: 'services/orders/sold.sql.ts', find: "import { externalPayment } from './order.ts'\n", replace: '' },
    ],
    turnsRed: [
      {
        file: summing,
        test: 'holds orders whose lines stand apart, and none that were taken over from another system',
      },
    ],
  },
]
