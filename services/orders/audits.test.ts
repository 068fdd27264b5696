import { randomUUID } from 'node:crypto'
import { encodeBatch } from '@souk/events'
import { type Database, openDatabase, type Sql, sql } from '@souk/postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { orderAudits } from './audits.ts'
import { fulfilmentAudits } from './audits-fulfilment.ts'
import { pricingAudits } from './audits-pricing.ts'
import type { PlacedOrder } from './order.ts'
import { orderConfirmedEvent, orderPlacedEvent } from './order-events.ts'
import { placeOrders } from './place-orders.ts'
import { replaceSteps } from './steps.sql.ts'
import { everything, type Mark, markNow, redIn } from './test-audits.ts'
import { ask, ordersWorld } from './test-orders.ts'

let world: Awaited<ReturnType<typeof ordersWorld>>
/** The superuser, where the service's own role may not: to break things on purpose. */
let admin: Database
const things = {
  goods: '',
  saleWindowId: '',
  buyer: randomUUID() as string,
  confirmed: {} as PlacedOrder,
  later: {} as PlacedOrder,
}
let mark: Mark

beforeAll(async () => {
  world = await ordersWorld()
  admin = openDatabase({ url: world.database.adminUrl, schema: 'orders' })
  const [goods, onSale] = [await world.variant({ units: 50 }), await world.variant({ units: 50 })]
  things.goods = goods.variantId
  things.saleWindowId = await world.sale(onSale, { units: 20, cap: 2 })
  await world.confirm(await world.placed(goods.variantId))
  mark = await markNow(world.db)
  // What was done since the mark: everything a check looks at, and in rows of the outbox of their own.
  await world.placed([{ variantId: onSale.variantId, quantity: 2 }], { customerId: things.buyer })
  await world.cancel((await world.placed(goods.variantId)).orderId)
  things.confirmed = await world.placed([{ variantId: goods.variantId, quantity: 3 }])
  things.later = await world.placed(goods.variantId, { customerId: things.confirmed.customerId })
  await world.confirm(things.confirmed)
  await world.confirm(things.later)
  await world.placed(goods.variantId)
})
afterAll(async () => {
  await admin.close()
  await world.database.close()
})

class Undo extends Error {}

/** Break something, audit over everything and over what was done since the mark, and mend it again. */
async function redAfter(...breaking: readonly Sql[]): Promise<{ full: string[]; since: string[] }> {
  let result = { full: [] as string[], since: [] as string[] }
  await admin
    .transaction(async (tx) => {
      for (const statement of breaking) expect(await tx.run(statement)).toBeGreaterThan(0)
      result = { full: await redIn(tx, everything), since: await redIn(tx, mark) }
      throw new Undo()
    })
    .catch((error: unknown) => {
      if (!(error instanceof Undo)) throw error
    })
  return result
}
const only = (invariant: string) => ({ full: [invariant], since: [invariant] })

test('books in order turn no check red, over everything and over what was done since', async () => {
  const look = (at: Mark) =>
    world.db.transaction((tx) => redIn(tx, at), { isolation: 'repeatable read', readOnly: true })
  expect(await look(everything)).toEqual([])
  expect(await look(mark)).toEqual([])
})

test('every check is broken below on purpose', () =>
  // Those of shipments and returns in audits-fulfilment.test.ts, those of vouchers and sums in pricing.test.ts.
  expect(
    orderAudits
      .filter((check) => ![...fulfilmentAudits, ...pricingAudits].includes(check))
      .map(({ invariant }) => invariant),
  ).toEqual(['I1', 'I2', 'I3', 'I4', 'I6', 'I10', 'I11', 'I13']))

describe('I1 turns red when', () => {
  test('a unit is gone from what can be sold', async () =>
    expect(
      await redAfter(sql`update allotments set remaining = remaining - 1 where allotment_id = ${things.goods}`),
    ).toEqual(only('I1')))

  test('a unit that was sold can be sold again', async () =>
    expect(
      await redAfter(sql`update allotments set remaining = remaining + 1 where allotment_id = ${things.goods}`),
    ).toEqual(only('I1')))

  test('a sale has a unit more than it should', async () =>
    expect(
      await redAfter(sql`update allotments set remaining = remaining + 1 where allotment_id = ${things.saleWindowId}`),
    ).toEqual(only('I1')))
})

describe('I2 turns red when', () => {
  test('inventory says it granted what never arrived', async () =>
    expect(
      await redAfter(sql`insert into transfers (transfer_id, variant_id, shop_id, quantity, remaining)
        values (${randomUUID()}, ${things.goods}, ${world.shopId}, 5, 5)`),
    ).toEqual(only('I2')))

  test('units appear that nobody granted', async () =>
    expect(
      await redAfter(
        sql`update allotments set granted = granted + 1, remaining = remaining + 1 where allotment_id = ${things.goods}`,
      ),
    ).toEqual(only('I2')))
})

describe('I3 turns red when', () => {
  test('a customer holds more than the cap', async () =>
    expect(
      await redAfter(sql`update sale_windows set cap_per_customer = 1 where sale_window_id = ${things.saleWindowId}`),
    ).toEqual(only('I3')))

  test('what a customer bought has been forgotten, so that he could buy again', async () => {
    expect(await redAfter(sql`update allotments set remaining = granted where kind = 3`)).toEqual(only('I3'))
    expect(await redAfter(sql`delete from allotments where kind = 3`)).toEqual(only('I3'))
  })
})

describe('I4 turns red when', () => {
  test('an order has lost its key', async () =>
    expect(await redAfter(sql`delete from order_keys where order_id = ${things.confirmed.orderId}`)).toEqual(
      only('I4'),
    ))

  test('a key names the order of another customer', async () =>
    expect(
      await redAfter(sql`insert into order_keys (day, customer_id, key, order_id, body_hash)
        select day, ${randomUUID()}, key, order_id, body_hash from order_keys where order_id = ${things.confirmed.orderId}`),
    ).toEqual(only('I4')))

  test('a key names an order that is not there', async () =>
    expect(
      await redAfter(sql`insert into order_keys (day, customer_id, key, order_id, body_hash)
        select day, customer_id, 'of-a-lost-order', overlay(order_id::text placing '0000' from 33)::uuid, body_hash
        from order_keys where order_id = ${things.confirmed.orderId}`),
    ).toEqual(only('I4')))

  test('one key made two orders within a day', async () =>
    expect(
      await redAfter(sql`update order_keys k set day = k.day - 1, key = (
          select key from order_keys where order_id = ${things.confirmed.orderId} limit 1)
        where order_id = ${things.later.orderId} and day = (select max(day) from order_keys where order_id = ${things.later.orderId})`),
    ).toEqual(only('I4')))
})

describe('I6 turns red when', () => {
  test('an event was lost; then the units it tells of are missing, too, where only changes are counted', async () =>
    expect(await redAfter(sql`delete from outbox where seq = (select max(seq) from outbox)`)).toEqual({
      full: ['I6'],
      since: ['I1', 'I6'],
    }))

  test('a change was announced twice', async () =>
    expect(
      await redAfter(sql`insert into outbox (topic, event_count, batch)
        select topic, event_count, batch from outbox order by seq desc limit 1`),
    ).toEqual(only('I6')))

  test('an order is announced that does not exist', async () => {
    const invented = orderPlacedEvent(
      { ...things.later, orderId: things.later.orderId.replace(/.{12}$/, '0123456789ab'), lines: [] },
      '',
    )
    expect(
      await redAfter(
        sql`insert into outbox (topic, event_count, batch) values ('orders.order', 1, ${encodeBatch([invented])})`,
      ),
    ).toEqual(only('I6'))
  })

  test('as many events as changes tell of the wrong order', async () => {
    const told = await admin.autocommit.many<{ seq: number; batch: Buffer }>(
      sql`select seq, batch from outbox order by seq`,
    )
    const wrong = encodeBatch([orderConfirmedEvent({ ...things.confirmed, version: 2 }, 1, '')])
    const row = told.find(({ batch }) => batch.includes(`${things.later.orderId}/2`))
    expect(await redAfter(sql`update outbox set batch = ${wrong} where seq = ${row?.seq}`)).toEqual(only('I6'))
  })
})

test('I10 turns red while an order has waited for its next step for more than five minutes, but not for a payment', async () => {
  const now = world.clock.now
  world.clock.now = new Date(Date.now() - 6 * 60_000)
  const order = await world.placed(things.goods)
  world.clock.now = now
  expect(await redIn(world.db.autocommit, everything)).toEqual(['I10'])
  expect(await redIn(world.db.autocommit, mark)).toEqual(['I10'])
  const waiting = { orderId: order.orderId, step: 'payment', correlationId: '' }
  const soon = now.getTime() + 60_000
  const wait = (state: 'pending' | 'stuck', nextAtMs: number) =>
    replaceSteps(world.db.autocommit, [{ ...waiting, state, nextAtMs, deadlineAtMs: nextAtMs }], now)
  await wait('pending', soon)
  expect(await redIn(world.db.autocommit, everything)).toEqual([])
  await wait('pending', now.getTime() - 6 * 60_000)
  expect(await redIn(world.db.autocommit, everything)).toEqual(['I10'])
  await wait('stuck', soon)
  expect(await redIn(world.db.autocommit, everything)).toEqual(['I10'])
  await world.confirm(order)
  expect(await redIn(world.db.autocommit, everything)).toEqual([])
})

test('I10 turns red when an order was cancelled and its money, or its goods, did not go back', async () => {
  const now = world.clock.now
  world.clock.now = new Date(Date.now() - 6 * 60_000)
  const { orderId } = await world.cancel((await world.placed(things.goods)).orderId)
  world.clock.now = now
  expect(await redIn(world.db.autocommit, everything)).toEqual(['I10'])
  const undo = (payment: 'undone' | 'held') =>
    replaceSteps(
      world.db.autocommit,
      (['payment', 'goods'] as const).map((step) => ({
        orderId,
        step,
        state: step === 'goods' ? 'undone' : payment,
        correlationId: '',
      })),
      now,
    )
  await undo('held')
  expect(await redIn(world.db.autocommit, everything)).toEqual(['I10'])
  await undo('undone')
  expect(await redIn(world.db.autocommit, everything)).toEqual([])
})

test('I10 does not miss the rows of an order that was undone so long ago that they have left', async () => {
  const now = world.clock.now
  world.clock.now = new Date(Date.now() - 6 * 60_000)
  const { orderId } = await world.cancel((await world.placed(things.goods)).orderId)
  world.clock.now = now
  const cancelledDaysAgo = (days: number) =>
    admin.autocommit.run(sql`
      update orders set history = jsonb_set(history, '{-1,1}', to_jsonb(${Date.now() - days * 24 * 3_600_000}::bigint))
      where order_id = ${orderId}`)
  await cancelledDaysAgo(28)
  expect(await redIn(world.db.autocommit, everything)).toEqual(['I10'])
  await cancelledDaysAgo(31)
  expect(await redIn(world.db.autocommit, everything)).toEqual([])
})

describe('I11 turns red when', () => {
  test('a history goes a way that no order may go', async () =>
    expect(
      await redAfter(
        sql`update orders set history = '[["confirmed", 1], ["confirmed", 2]]' where order_id = ${things.confirmed.orderId}`,
      ),
    ).toEqual(only('I11')))

  test('an order is in another state than its history ends with', async () =>
    expect(
      await redAfter(sql`update orders set status = 'placed' where order_id = ${things.confirmed.orderId}`),
    ).toEqual(only('I11')))
})

describe('I13 turns red when', () => {
  test('an order costs a cent more than its lines', async () =>
    expect(
      await redAfter(sql`update orders set total_minor = total_minor + 1 where order_id = ${things.confirmed.orderId}`),
    ).toEqual(only('I13')))

  test('a line costs less than it was sold for', async () =>
    expect(
      await redAfter(sql`update orders set lines = jsonb_set(lines::jsonb, '{0,5}', to_jsonb((lines->0->>5)::bigint - 1))::json
        where order_id = ${things.confirmed.orderId}`),
    ).toEqual(only('I13')))

  test('the lines of an order are gone; then its units are held by nobody, too', async () =>
    expect(await redAfter(sql`update orders set lines = '[]' where order_id = ${things.confirmed.orderId}`)).toEqual({
      full: ['I1', 'I13'],
      since: ['I1', 'I13'],
    }))
})

describe('an audit of what was done since', () => {
  test('has nothing to look at for I1 when nothing was done, and looks at what was touched when something was', async () => {
    const i1 = orderAudits.find(({ invariant }) => invariant === 'I1')
    const at = await markNow(world.db)
    const checked = async () => (await i1?.run(world.db.autocommit, { ...at, maxFindings: 10 }))?.checked
    expect(await checked()).toBe(0)
    const { variantId } = await world.variant({ units: 5 })
    await world.placed(variantId)
    await world.placed(variantId)
    expect(await checked()).toBe(1)
  })

  test('finds what a transaction did that was under way when the last audit looked', async () => {
    const { variantId } = await world.variant({ units: 5 })
    let at = everything
    await world.db.transaction(async (tx) => {
      await tx.one(sql`select pg_current_xact_id()::text as id`)
      at = await markNow(world.db)
      await placeOrders(world.deps({ db: { ...world.db, autocommit: tx } }), [ask(variantId)])
    })
    await admin.autocommit.run(sql`update allotments set remaining = remaining - 1 where allotment_id = ${variantId}`)
    expect(await redIn(world.db.autocommit, at)).toEqual(['I1'])
    await admin.autocommit.run(sql`update allotments set remaining = remaining + 1 where allotment_id = ${variantId}`)
  })
})

describe('a long outbox', () => {
  test('is read page by page in the order of transactions, also where their numbers grow a digit', async () => {
    const { variantId } = await world.variant({ units: 260 })
    const deps = world.deps()
    for (let turn = 0; turn < 250; turn += 1) await placeOrders(deps, [ask(variantId)])
    expect(
      await redAfter(sql`update outbox o set xid = (800 + n.n)::text::xid8
        from (select seq, row_number() over (order by seq) as n from outbox) n where n.seq = o.seq`),
    ).toMatchObject({ full: [] })
  })

  test('that has forgotten its beginning holds nothing against the orders of that time', async () =>
    expect((await redAfter(sql`delete from outbox where seq = 1`)).full).toEqual([]))
})
