import { DomainError } from '@souk/errors'
import type { Reconciliation } from '@souk/payments'
import { withBackOffice } from '../back-office.ts'
import { type Console, number, table, tame } from '../console.ts'
import { acting, openDesk } from '../desk.ts'
import { Refusal, UsageError } from '../explain.ts'
import { dataFolderOf } from '../running.ts'

export type ReconcileOptions = { provider?: string; from?: string; to?: string; json?: true }

/** Nobody's account: whoever can start the program reads its database anyway. */
const me = acting('00000000-0000-7000-8000-000000000000')

/** `souk payments reconcile`: our books against the providers'. 1 when they differ. */
export function reconcile(io: Console, { provider, from, to, json }: ReconcileOptions): Promise<number> {
  const query = {
    ...(provider !== undefined && { provider }),
    ...(from !== undefined && { from: instant('--from', from) }),
    ...(to !== undefined && { to: instant('--to', to) }),
  }
  return withBackOffice(io, async ({ running }) => {
    const items = await openDesk(running)
      .call<{ items: Reconciliation[] }>('reconcilePayments', { as: me, query })
      .then((answer) => answer.items, refuse)
    io.print(json ? JSON.stringify(items, null, 2) : items.map(drawn).join('\n\n') || nobodyToAsk(io))
    return items.some(differs) ? 1 : 0
  })
}

/** The test provider runs beside a marketplace and ends with it; real ones are settings, which may be another shell's. */
const nobodyToAsk = ({ env }: Console) =>
  [
    'There is no payment provider to compare with: none is named in the settings of this command,',
    `and no marketplace that runs on ${dataFolderOf(env)} has started a test provider.`,
    '- To compare with the test provider: start the marketplace (npm start), then repeat this in another terminal,',
    '  with the same SOUK_DATA. Its book is kept while it is stopped.',
    '- To compare with Stripe, Razorpay or PayPal: give this command the settings the marketplace runs with, such as',
    '  SOUK_STRIPE_KEY, SOUK_RAZORPAY_KEY_ID and SOUK_RAZORPAY_KEY_SECRET, SOUK_PAYPAL_CLIENT_ID and SOUK_PAYPAL_CLIENT_SECRET,',
    '  or SOUK_TEST_PROVIDER_URL for a test provider that runs elsewhere.',
  ].join('\n')

const differs = ({ differences }: Reconciliation) => differences.some(({ cause }) => cause !== 'under-way')

function drawn({ provider, from, to, compared, totals, differences, more }: Reconciliation): string {
  const lines = [`${provider}: ${number(compared)} payments, ${from} to ${to}`]
  if (totals.length > 0)
    lines.push(
      table(
        ['', 'in our books', "in the provider's", 'difference'],
        totals.map(({ currency, oursMinor, theirsMinor }) => [
          currency,
          number(oursMinor),
          number(theirsMinor),
          number(oursMinor - theirsMinor),
        ]),
        ['left', 'right', 'right', 'right'],
      ),
    )
  if (differences.length === 0) return [...lines, 'The books agree on every payment.'].join('\n')
  lines.push(
    table(
      ['payment', 'why', 'ours', 'theirs', ''],
      differences.map((each) => [
        tame(each.reference),
        each.cause,
        number(each.oursMinor),
        number(each.theirsMinor),
        `${each.currency}  ${tame(each.detail)}`,
      ]),
      ['left', 'left', 'right', 'right', 'left'],
    ),
  )
  if (more > 0) lines.push(`and ${number(more)} more`)
  return lines.join('\n')
}

function instant(option: string, text: string): string {
  const at = new Date(text)
  if (Number.isNaN(at.getTime()))
    throw new UsageError(`${option} ${text} is no time: 2026-11-27T08:00:00Z, or 2026-11-27.`)
  return at.toISOString()
}

function refuse(error: unknown): never {
  if (error instanceof DomainError) throw new Refusal(error.message)
  throw error
}
