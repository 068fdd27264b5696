import type { Mutant } from './list.ts'

const running = 'services/orders/run-saga.test.ts'
const killing = 'services/orders/saga-kill.test.ts'

/** Ways to break what happens to an order between placed and confirmed, and when it is cancelled. */
export const sagaMutants: readonly Mutant[] = [
  {
    name: 'compensation-skipped',
    breaks: 'A cancelled order is taken for undone without asking anybody: the money stays, the goods stay set apart.',
    edits: [
      {
        file: 'services/orders/run-saga.ts',
        find: 'const outcomes = await step.undo(open.map((at) => cases[at] as UndoCase))',
        replace: 'const outcomes = open.map(() => ({ kind: "done" }) as const)',
      },
    ],
    turnsRed: [
      {
        file: running,
        test: 'after it was confirmed has its goods put back and its money given back, in this order',
      },
    ],
  },
  {
    name: 'late-payment-kept',
    breaks: 'Money that comes for an order that has ended is kept.',
    edits: [
      {
        file: 'services/orders/steps/payment.ts',
        find: 'await payments.giveBack(',
        replace: 'void ((..._: unknown[]) => {})(',
      },
    ],
    turnsRed: [
      {
        file: running,
        test: 'and does not come is cancelled after fifteen minutes; money that comes then is sent back',
      },
    ],
  },
  {
    name: 'step-run-again',
    breaks:
      'When a step fails, those before it are done again with it: the customer is asked for his money a second time.',
    edits: [
      {
        file: 'services/orders/continue-saga.ts',
        find: '({ step: index, attempts: row.attempts,',
        replace: '({ step: index * 0, attempts: row.attempts,',
      },
    ],
    turnsRed: [
      {
        file: running,
        test: 'for long is shown as stuck after five attempts, and the order goes on by itself all the same',
      },
    ],
  },
  {
    name: 'claim-not-fenced',
    breaks: 'A process that was stopped for minutes writes what it found then over what others have done since.',
    edits: [{ file: 'services/orders/steps.sql.ts', find: ' and s.fence = f.fence', replace: '' }],
    turnsRed: [
      { file: killing, test: 'a process that comes back long after its claim was taken over changes nothing' },
    ],
  },
  {
    name: 'early-answer-lost',
    breaks: 'A payment that is answered before anybody waits for it is forgotten, and the order ends unpaid.',
    edits: [
      {
        file: 'services/orders/steps.sql.ts',
        find: 'await tx.run(sql`${into} ${given(inKeyOrder(rows), now)} on conflict (order_id, step) do nothing`)',
        replace:
          'await tx.run(sql`${into} ${given(inKeyOrder(rows), now)} on conflict (order_id, step) do update set state = excluded.state, next_at = excluded.next_at, deadline_at = excluded.deadline_at`)',
      },
    ],
    turnsRed: [{ file: running, test: 'is confirmed also when the answer comes before anybody waits for it' }],
  },
  {
    name: 'hanging-service-waited-for',
    breaks: 'A service that does not answer keeps every batch of orders waiting for ten seconds.',
    edits: [
      {
        file: 'services/orders/steps/through.ts',
        find: "error instanceof CallTimedOut || isDeadline(error) ? 'failed' : 'refused'",
        replace: "isDeadline(error) ? 'failed' : 'refused'",
      },
    ],
    turnsRed: [
      {
        file: 'services/orders/steps/through.test.ts',
        test: 'a service that hangs costs one time-out; the batches of the next 30 seconds are not kept waiting',
      },
    ],
  },
  {
    name: 'unpaid-orders-not-audited',
    breaks: 'The audit takes a confirmed order that nobody paid for to be in order.',
    edits: [
      {
        file: 'apps/souk/audit/money-rules.ts',
        find: 'if (standing === undefined) return `is ${due.status}, and nothing was paid or promised for it`',
        replace: 'if (standing === undefined) return undefined',
      },
    ],
    turnsRed: [
      { file: 'apps/souk/audit/money-rules.test.ts', test: 'is confirmed, and nothing was paid or promised for it' },
    ],
  },
]
