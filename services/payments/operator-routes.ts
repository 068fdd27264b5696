import { created, cursorOf, ok, type Route, readCursor, route } from '@souk/http'
import type { AuthoriseDeps } from './authorise-orders.ts'
import { holdsCardNumber } from './card-number.ts'
import { creditWallet } from './credit-wallet.ts'
import { paymentErrors } from './errors.ts'
import { ledgerBalances, listTroubled } from './lists.sql.ts'
import { type PaymentProvider, ProviderOutcomeUnknown, ProviderUnavailable } from './provider.ts'
import { reconcile } from './reconcile.ts'
import {
  AlarmPage,
  BalancesQuery,
  CreditShape,
  CustomerParams,
  LedgerBalances,
  NewCredit,
  PageQuery,
  ReconcileQuery,
  Reconciliations,
} from './schemas.ts'
import { showPayments } from './views.ts'
import { readBalances } from './wallet.sql.ts'

const tag = 'Payments'
const operator = { permission: 'operator' } as const
const dayMs = 86_400_000

/** What those who run the marketplace ask about money. */
export const operatorRoutes = (deps: AuthoriseDeps): Route[] => [
  route({
    method: 'POST',
    url: '/v1/wallets/:customerId/credits',
    operationId: 'creditWallet',
    summary: "Put money into a customer's wallet",
    tag,
    access: operator,
    params: CustomerParams,
    body: NewCredit,
    answers: { 201: CreditShape },
    errors: ['text-holds-card-number'],
    handle: (request) =>
      request.once(deps.db, async (tx) => {
        const { customerId } = request.params
        const { amountMinor, currency, note } = request.body
        if (holdsCardNumber(note)) throw paymentErrors.error('text-holds-card-number', 'The note holds a card number.')
        const movementId = await creditWallet(tx, { customerId, currency, amountMinor, note }, deps.clock())
        const balances = await readBalances(tx, customerId)
        const balanceMinor = balances.find((each) => each.currency === currency)?.balanceMinor ?? 0
        return created({ id: movementId, customerId, currency, balanceMinor })
      }),
  }),
  route({
    method: 'GET',
    url: '/v1/ledger/balances',
    operationId: 'getLedgerBalances',
    summary: 'The balance of each account of the ledger, of all shops or of one',
    tag,
    access: operator,
    query: BalancesQuery,
    answers: { 200: LedgerBalances },
    timeoutMs: 60_000,
    handle: async ({ query }) => ok({ items: await ledgerBalances(deps.db.autocommit, query.shopId ?? null) }),
  }),
  route({
    method: 'GET',
    url: '/v1/payments/reconciliation',
    operationId: 'reconcilePayments',
    summary: "Our books against the providers'",
    description: 'Zero differences, or each with its cause. Nothing is changed. 1,000 are listed at most.',
    tag,
    access: operator,
    query: ReconcileQuery,
    answers: { 200: Reconciliations },
    errors: ['provider-unknown', 'provider-unavailable'],
    timeoutMs: 600_000,
    async handle({ query }) {
      const to = query.to === undefined ? deps.clock() : new Date(query.to)
      const from = query.from === undefined ? new Date(to.getTime() - dayMs) : new Date(query.from)
      const items = []
      for (const provider of asked(deps, query.provider))
        items.push(await reconcile(deps.db, provider, from, to).catch(unanswered))
      return ok({ items })
    },
  }),
  route({
    method: 'GET',
    url: '/v1/payments/troubled',
    operationId: 'listTroubledPayments',
    summary: 'Payments that a person has to look at',
    description:
      'With an alarm, such as another amount than was asked for, or with something that failed again and again.',
    tag,
    access: operator,
    query: PageQuery,
    answers: { 200: AlarmPage },
    async handle({ query }) {
      const place = readCursor('troubled-payments', query.cursor, 'id')
      const rows = await listTroubled(deps.db.autocommit, place?.[0] ?? null, query.limit + 1)
      const shown = rows.slice(0, query.limit)
      const payments = await showPayments(
        deps.db.autocommit,
        shown.map(({ paymentId }) => paymentId),
      )
      const last = shown.at(-1)
      return ok({
        items: shown.map(({ alarm, waitsFor }, index) => ({ payment: payments[index], alarm, waitsFor })),
        nextCursor:
          rows.length > query.limit && last !== undefined ? cursorOf('troubled-payments', last.paymentId) : null,
      })
    },
  }),
]

function unanswered(error: unknown): never {
  if (error instanceof ProviderUnavailable || error instanceof ProviderOutcomeUnknown)
    throw paymentErrors.error('provider-unavailable', error.message)
  throw error
}

function asked({ providers }: AuthoriseDeps, name: string | undefined): readonly PaymentProvider[] {
  if (name === undefined) return providers.all
  const provider = providers.named(name)
  if (provider === undefined) throw paymentErrors.error('provider-unknown', `No provider ${name} is set up.`)
  return [provider]
}
