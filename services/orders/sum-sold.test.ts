import { SoldService } from '@souk/contracts/orders'
import { createShards, sql, timeInId } from '@souk/postgres'
import { createDirectory } from '@souk/rpc'
import { testDatabase } from '@souk/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { externalPayment } from './order.ts'
import { soldRpc, sumSold } from './sum-sold.ts'
import { ordersWorld } from './test-orders.ts'

const world = await ordersWorld()
const shards = world.database.shards('orders')
afterAll(() => world.database.close())

const quarterOf = (orderId: string) => Math.floor(timeInId(orderId) / 900_000) * 900_000
const figures = (rows: Awaited<ReturnType<typeof sumSold>>['rows'], productId: string) => {
  const { orders, units, minor, cancelledOrders, cancelledUnits, cancelledMinor } =
    rows.find((row) => row.productId === productId) ?? {}
  return [orders, units, minor, cancelledOrders, cancelledUnits, cancelledMinor]
}

describe('what was sold between two instants', () => {
  test('is summed up by shop, product and currency, cancelled ones shown apart', async () => {
    const [lamp, chair] = [await world.variant({ priceMinor: 1_000 }), await world.variant({ priceMinor: 250 })]
    const both = await world.placed([
      { variantId: lamp.variantId, quantity: 2 },
      { variantId: chair.variantId, quantity: 4 },
    ])
    await world.cancel((await world.placed(lamp.variantId)).orderId)
    const fromMs = quarterOf(both.orderId)
    const { rows } = await sumSold({ shards }, fromMs, fromMs + 1_800_000)
    expect(figures(rows, lamp.productId)).toEqual([2, 3, 3_000, 1, 1, 1_000])
    expect(figures(rows, chair.productId)).toEqual([1, 4, 1_000, 0, 0, 0])
    const outcomes = rows
      .filter(({ status }) => status !== null)
      .map(({ status, orders, minor }) => [status, orders, minor])
    expect(outcomes.toSorted()).toEqual([
      ['cancelled', 1, 1_000],
      ['placed', 1, 3_000],
    ])
  })

  test('counts an order once for a product of which it has two variants', async () => {
    const { variantId, productId } = await world.variant()
    const { orderId } = await world.placed(variantId)
    await world.database.query(
      `update orders.orders set lines = (select json_agg(line) from (
      select l as line from json_array_elements(lines) l union all select l from json_array_elements(lines) l) twice)
      where order_id = $1`,
      [orderId],
    )
    const { rows } = await sumSold({ shards }, timeInId(orderId), timeInId(orderId) + 60_000)
    expect(figures(rows, productId).slice(0, 3)).toEqual([1, 2, 3_998])
  })

  test('holds orders whose lines stand apart, and none that were taken over from another system', async () => {
    const { variantId, productId } = await world.variant({ priceMinor: 700 })
    const [apart, elsewhere] = [await world.placed(variantId), await world.placed(variantId)]
    await world.database.query(
      `insert into orders.order_lines_apart
      select order_id, line_no, variant_id, product_id, sku, title, quantity, unit_price_minor, total_minor, price_version
        from orders.order_lines where order_id = $1`,
      [apart.orderId],
    )
    await world.database.query('update orders.orders set lines = null where order_id = $1', [apart.orderId])
    await world.db.autocommit.run(
      sql`update orders set payment_method = ${externalPayment} where order_id = ${elsewhere.orderId}`,
    )
    const { rows } = await sumSold({ shards }, quarterOf(apart.orderId), timeInId(elsewhere.orderId) + 60_000)
    expect(figures(rows, productId).slice(0, 3)).toEqual([1, 1, 700])
  })

  test('where nothing was sold it says when the next order came in', async () => {
    const { variantId } = await world.variant()
    await world.placed(variantId)
    const [{ first } = { first: '' }] = await world.database.query<{ first: string }>(
      'select order_id as first from orders.orders order by order_id limit 1',
    )
    const long = timeInId(first) - 86_400_000
    expect(await sumSold({ shards }, long, long + 900_000)).toEqual({ rows: [], nextMs: timeInId(first) })
    const never = Date.now() + 86_400_000
    expect(await sumSold({ shards }, never, never + 900_000)).toEqual({ rows: [], nextMs: 0 })
  })

  test('is added up over all databases, each read where its lists are', async () => {
    const other = await testDatabase([{ name: 'orders', migrations: new URL('./migrations/', import.meta.url) }])
    try {
      const { variantId, productId } = await world.variant()
      const { orderId } = await world.placed(variantId)
      const [order] = await world.database.query<{ row: string }>(
        `select row_to_json(o)::text as row from orders.orders o where order_id = $1`,
        [orderId],
      )
      await other.query('insert into orders.orders select * from json_populate_record(null::orders.orders, $1::json)', [
        order?.row,
      ])
      const [east, asPrimary] = [other.open('orders'), world.db]
      const divided = createShards(
        [
          { name: 'home', db: asPrimary },
          { name: 'east', db: broken(), lists: east.autocommit },
        ],
        () => 'home',
      )
      const { rows } = await sumSold({ shards: divided }, timeInId(orderId), timeInId(orderId) + 1_000)
      expect(figures(rows, productId).slice(0, 2)).toEqual([2, 2])
    } finally {
      await other.close()
    }
  })

  test('is asked for a day at most', async () => {
    const ask = (untilMs: number) => sumSold({ shards }, 1_000, untilMs)
    await expect(ask(1_000)).rejects.toThrow(RangeError)
    await expect(ask(86_401_001)).rejects.toThrow(RangeError)
    expect(await ask(86_401_000)).toMatchObject({ rows: [] })
  })

  test('names no customer and no order', async () => {
    const { variantId } = await world.variant()
    const order = await world.placed(variantId)
    const directory = createDirectory()
    directory.serve(soldRpc({ shards }), [SoldService])
    const answer = await directory
      .client(SoldService)
      .sumSold({ fromMs: BigInt(quarterOf(order.orderId)), untilMs: BigInt(timeInId(order.orderId) + 1_000) })
    const said = JSON.stringify(answer, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
    expect(said).toContain(world.shopId)
    for (const secret of [order.orderId, order.customerId]) expect(said).not.toContain(secret)
  })
})

/** The primary of a database whose replica is asked. */
const broken = () =>
  new Proxy(world.db, {
    get(_, name): never {
      throw new Error(`the primary was asked for ${String(name)}`)
    },
  })
