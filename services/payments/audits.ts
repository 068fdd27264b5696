import { firstIdAt, type Tx } from '@souk/postgres'
import type { AuditCheck, AuditResult } from '@souk/service'
import {
  countJournals,
  countPayments,
  countWaiting,
  countWallets,
  type Faulty,
  miscountedEntries,
  paymentPaths,
  stuckMoney,
  unbalancedJournals,
  unbelievedAttempts,
  unexplainedJournals,
  wrongAccounts,
  wrongRefunds,
  wrongWallets,
} from './audits.sql.ts'
import { isPath } from './payment.ts'

/** The dispatcher looks every second; a provider that is away postpones what waits, so it is not overdue. */
const stuckAfterMs = 120_000
const allTime = '00000000-0000-0000-0000-000000000000'

/** A minute before the last audit: ids are made by the clock of a process a moment before they are committed. */
const sinceId = (sinceMs: number | undefined) => (sinceMs === undefined ? allTime : firstIdAt(sinceMs - 60_000))

const check = (
  invariant: string,
  title: string,
  find: (tx: Tx, since: string, limit: number) => Promise<readonly Faulty[]>,
  count: (tx: Tx, since: string) => Promise<number> = countPayments,
): AuditCheck => ({
  invariant,
  title,
  async run(tx, { sinceMs, maxFindings }) {
    const since = sinceId(sinceMs)
    return { checked: await count(tx, since), findings: [...(await find(tx, since, maxFindings))] }
  },
})

export const paymentAudits = ({ clock }: { clock: () => Date }): AuditCheck[] => [
  check('I9', 'no payment is collected more than once, and what happened to it was entered once', miscountedEntries),
  check('I9', 'no more is sent back than was collected, and every refund is counted', wrongRefunds),
  check('I9', 'what a provider said it did has been done here, too', unbelievedAttempts),
  {
    invariant: 'I10',
    title: 'no money waits for something that nobody will do',
    async run(tx, { maxFindings }): Promise<AuditResult> {
      const before = new Date(clock().getTime() - stuckAfterMs)
      return { checked: await countWaiting(tx), findings: await stuckMoney(tx, before, maxFindings) }
    },
  },
  {
    invariant: 'I11',
    title: 'the history of every payment is a path of the allowed moves and ends in the state it is in',
    async run(tx, { sinceMs, maxFindings }): Promise<AuditResult> {
      const rows = await paymentPaths(tx, sinceId(sinceMs))
      const wrong = rows.filter(
        ({ path, state, version }) => !isPath(path) || path.at(-1) !== state || path.length !== version,
      )
      return {
        checked: rows.reduce((sum, row) => sum + row.payments, 0),
        findings: wrong.slice(0, maxFindings).map((row) => ({
          subject: `payment ${row.example}`,
          message: `${row.payments} payment(s) went ${row.path.join(' → ')} and are ${row.state} at version ${row.version}`,
        })),
      }
    },
  },
  check('I12', 'every journal sums to zero', unbalancedJournals, countJournals),
  check('I12', 'every journal moves what its payments and refunds come to', unexplainedJournals, countJournals),
  {
    invariant: 'I12',
    title: 'the balance of every account follows from payments, refunds and wallets (looked at by full audits)',
    async run(tx, { sinceMs, maxFindings }): Promise<AuditResult> {
      if (sinceMs !== undefined) return { checked: 0, findings: [] }
      return { checked: await countJournals(tx, allTime), findings: await wrongAccounts(tx, maxFindings) }
    },
  },
  check(
    'I14',
    'what a wallet holds is what was put in less what was taken out',
    (tx, _since, limit) => wrongWallets(tx, limit),
    countWallets,
  ),
]
