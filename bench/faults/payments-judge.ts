import type { Charge } from '@souk/stand-ins'
import { type CheckResult, judgeRun } from '../checks.ts'
import { readHistory } from '../load/index.ts'
import { checkOf } from './judge.ts'
import type { Sent } from './load.ts'
import type { People } from './payments-people.ts'
import type { PaymentsStage } from './payments-stage.ts'
import { type OrderMoney, readMessages, readMoney, readShelves, readWallets } from './payments.sql.ts'
import { inOneSnapshot, readAllotments, readOrders } from './referee.sql.ts'
import type { PaymentFigures } from './types.ts'
import type { Venue } from './world.ts'

type Report = { items: { compared: number; differences: { reference: string; cause: string; detail: string }[] }[] }

const ended = new Set(['confirmed', 'partly-shipped', 'shipped', 'delivered', 'cancelled'])
const throughProvider = new Set(['card', 'bank-transfer'])
const isLive = ({ status }: OrderMoney) => status !== 'cancelled' && status !== 'placed'

/** Hold what customers were told, the books of the provider, ours, wallets, shelves and inboxes against each other. */
export async function judgePayments(
  world: Venue,
  stage: PaymentsStage,
  sent: Sent,
  people: People,
  charges: readonly Charge[],
): Promise<{ checks: CheckResult[]; figures: Omit<PaymentFigures, 'drainMs'> }> {
  const facts = await world.referee((client) =>
    inOneSnapshot(client, async () => ({
      orders: await readOrders(client, stage.shopId),
      allotments: await readAllotments(client, stage.shopId),
      money: await readMoney(client, stage.shopId),
      messages: await readMessages(client, stage.shopId),
      wallets: await readWallets(client),
      shelves: await readShelves(client, stage.shopId),
    })),
  )
  const { orders, money, shelves } = facts
  const moved = new Map(shelves.map((shelf) => [shelf.variantId, shelf]))
  const judgement = await judgeRun({
    history: readHistory(sent.file),
    orders: orders.map((order) => ({
      id: order.orderId,
      customerId: order.customerId,
      idempotencyKey: order.key ?? '',
      lines: order.lines,
      cancelled: order.status === 'cancelled',
    })),
    // As if nothing had left: what was shipped is granted no longer, what came back was granted anew.
    allotments: facts.allotments.map(({ variantId, granted, remaining }) => {
      const { shipped = 0, restocked = 0 } = moved.get(variantId) ?? {}
      return { variantId, granted: granted + shipped - restocked, remaining: remaining - restocked }
    }),
    asked: {
      customerId: (customer) => stage.accountIds[customer] ?? '',
      lines: (target) => sent.targets[target]?.lines ?? [],
    },
  })
  const { items } = await world.souk.api.get<Report>('/v1/payments/reconciliation')
  const differences = items.flatMap((item) => item.differences)
  const captures = charges.filter(({ capturedMinor }) => capturedMinor > 0)
  const sum = (of: (charge: Charge) => number) => charges.reduce((total, charge) => total + of(charge), 0)
  return {
    figures: {
      orders: orders.length,
      byStatus: countBy(orders, ({ status }) => status),
      paidThere: people.done.paid,
      declinedThere: people.done.declined,
      neverPaid: people.done.neverPaid,
      cancelled: people.done.cancelled,
      shipped: people.done.shipped,
      delivered: people.done.delivered,
      returned: people.done.returned,
      charges: charges.length,
      capturedMinor: sum(({ capturedMinor }) => capturedMinor),
      refundedMinor: sum(({ refundedMinor }) => refundedMinor),
      differences: countBy(differences, ({ cause }) => cause),
    },
    checks: [
      ...judgement.checks.map((check) => ({ ...check, id: `pay-${check.id}` })),
      checkOf(
        'pay-I10-ended',
        'Every order was confirmed, cancelled, or came further',
        orders.length,
        orders.filter(({ status }) => !ended.has(status)).map(({ orderId, status }) => `order ${orderId} is ${status}`),
      ),
      checkOf(
        'pay-cancelled',
        'Who was told that his order is cancelled was told the truth',
        people.cancelled.size,
        orders.flatMap(({ orderId, status }) =>
          people.cancelled.has(orderId) && status !== 'cancelled' ? [`order ${orderId} is ${status}`] : [],
        ),
      ),
      checkOf('pay-people', 'Customers and clerks were served', people.done.paid + people.done.shipped, [
        ...people.done.complaints,
      ]),
      ...providerChecks(money, charges, captures),
      checkOf(
        'pay-I14-wallets',
        'A wallet holds what was put in, less what was bought, plus what was given back; never less than nothing',
        facts.wallets.length,
        walletFaults(money, facts.wallets),
      ),
      checkOf(
        'pay-I8-told',
        'Every confirmed order was confirmed to its customer once, every other end once to whoever did not choose it',
        money.length,
        messageFaults(money, facts.messages),
      ),
      checkOf(
        'pay-I3-shelves',
        'What lies on the shelves is what lay there, less what was shipped, plus what came back',
        shelves.length,
        shelves.flatMap(({ variantId, onHand, shipped, restocked }) => {
          const before = stage.shelf.get(variantId)
          if (before === undefined) return []
          const expected = before - shipped + restocked
          return onHand === expected ? [] : [`${variantId}: ${onHand} lie there, ${expected} should`]
        }),
      ),
      checkOf(
        'pay-reconciled',
        'Reconciling our books with the provider’s finds nothing',
        items.reduce((total, { compared }) => total + compared, 0),
        differences.map(({ reference, cause, detail }) => `payment ${reference}: ${cause}, ${detail}`),
      ),
    ],
  }
}

/** I9, held against the file in which the provider keeps its book. */
function providerChecks(
  money: readonly OrderMoney[],
  charges: readonly Charge[],
  captures: readonly Charge[],
): CheckResult[] {
  const byOrder = Map.groupBy(charges, ({ reference }) => reference)
  const known = new Set(money.map(({ orderId }) => orderId))
  const net = (some: readonly Charge[]) =>
    some.reduce((sum, { capturedMinor, refundedMinor }) => sum + capturedMinor - refundedMinor, 0)
  const wrong: string[] = []
  let owed = 0
  for (const order of money) {
    const { orderId, status, method, totalMinor, returnedMinor, capturedMinor, refundedMinor, state } = order
    const kept = net(byOrder.get(orderId) ?? [])
    const due = throughProvider.has(method) && isLive(order) ? totalMinor - returnedMinor : 0
    owed += due
    if (kept !== due)
      wrong.push(`order ${orderId} is ${status}: the provider keeps ${kept}, ${due} is owed (${method})`)
    const ours = throughProvider.has(method) ? capturedMinor - refundedMinor : 0
    if (ours !== kept)
      wrong.push(`order ${orderId}: our books say ${ours}, the provider's ${kept}; here it is ${state}`)
  }
  return [
    checkOf(
      'pay-I9-order',
      'The provider keeps of each order what it costs less what was sent back',
      money.length,
      wrong,
    ),
    checkOf(
      'pay-I9-sum',
      'Captures less refunds are orders paid less refunded',
      captures.length,
      net(charges) === owed ? [] : [`the provider keeps ${net(charges)}, orders come to ${owed}`],
    ),
    checkOf('pay-I9-once', 'Nobody was charged twice', captures.length, [
      ...captures.filter((charge) => charge.captures > 1).map(({ id, captures: n }) => `${id} was captured ${n} times`),
      ...[...Map.groupBy(captures, ({ reference }) => reference)].flatMap(([reference, some]) =>
        some.length > 1 ? [`order ${reference} was charged ${some.map(({ id }) => id).join(' and ')}`] : [],
      ),
    ]),
    checkOf(
      'pay-I9-orphans',
      'No money was taken without an order, or it went back',
      captures.length,
      captures.flatMap((charge) =>
        known.has(charge.reference) || net([charge]) === 0 ? [] : [`${charge.id} for ${charge.reference}`],
      ),
    ),
  ]
}

function walletFaults(money: readonly OrderMoney[], wallets: Awaited<ReturnType<typeof readWallets>>): string[] {
  const moved = new Map<string, number>()
  for (const order of money) {
    const { customerId, method, totalMinor, returnedMinor } = order
    // Cash that was taken at the door comes back here, for nobody goes to the door again.
    const change =
      method === 'wallet' && isLive(order)
        ? returnedMinor - totalMinor
        : method === 'cash-on-delivery'
          ? returnedMinor
          : 0
    moved.set(customerId, (moved.get(customerId) ?? 0) + change)
  }
  const held = new Map(wallets.map((wallet) => [wallet.customerId, wallet]))
  return [...new Set([...moved.keys(), ...held.keys()])].flatMap((customerId) => {
    const { balanceMinor = 0, creditedMinor = 0 } = held.get(customerId) ?? {}
    const expected = creditedMinor + (moved.get(customerId) ?? 0)
    return balanceMinor === expected && balanceMinor >= 0
      ? []
      : [`the wallet of ${customerId} holds ${balanceMinor}, ${expected} it should`]
  })
}

function messageFaults(
  money: readonly OrderMoney[],
  messages: readonly { orderId: string; kind: number; count: number }[],
): string[] {
  const told = new Map(messages.map(({ orderId, kind, count }) => [`${orderId} ${kind}`, count]))
  return money.flatMap(({ orderId, everConfirmed, status, cancelledByCustomer }) => {
    const confirmed = told.get(`${orderId} 1`) ?? 0
    const cancelled = told.get(`${orderId} 5`) ?? 0
    const owes = status === 'cancelled' && !cancelledByCustomer ? 1 : 0
    return [
      ...(confirmed === Number(everConfirmed)
        ? []
        : [`order ${orderId} is ${status}; ${confirmed} messages confirm it`]),
      ...(cancelled === owes ? [] : [`order ${orderId} is ${status}; ${cancelled} messages say that it is cancelled`]),
    ]
  })
}

function countBy<Item>(items: readonly Item[], by: (item: Item) => string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const item of items) counts[by(item)] = (counts[by(item)] ?? 0) + 1
  return counts
}
