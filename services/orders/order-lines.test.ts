import { sql } from '@souk/postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readOrders } from './orders.sql.ts'
import { ask, ordersWorld } from './test-orders.ts'

let world: Awaited<ReturnType<typeof ordersWorld>>
beforeAll(async () => {
  world = await ordersWorld()
})
afterAll(() => world.database.close())

const linesIn = (orderId: string) =>
  world.db.autocommit.many<Record<string, unknown>>(sql`
    select line_no, variant_id, product_id, sku, title, quantity, unit_price_minor, total_minor, price_version, sale_window_id
    from order_lines where order_id = ${orderId} order by line_no`)

test('what was bought is read as it was sold, whatever stands in its title, from the order and from the table of all lines', async () => {
  const [plain, onSale] = [await world.variant({ priceMinor: 250 }), await world.variant()]
  const title = 'Müsli "extra", {5 kg}\\ ½ 🥣 [1,2]'
  await world.db.autocommit.run(sql`update offers set title = ${title} where variant_id = ${plain.variantId}`)
  const saleWindowId = await world.sale(onSale, { units: 5, priceMinor: 999 })
  const placed = await world.placed([
    { variantId: plain.variantId, quantity: 3 },
    { variantId: onSale.variantId, quantity: 1 },
  ])
  expect(placed.lines).toMatchObject([
    { ...plain, title, quantity: 3, unitPriceMinor: 250, totalMinor: 750, saleWindowId: null },
    { ...onSale, title: 'A thing', quantity: 1, unitPriceMinor: 999, totalMinor: 999, saleWindowId },
  ])
  expect((await readOrders(world.db.autocommit, [placed.orderId]))[0]?.lines).toEqual(placed.lines)
  const rows = await linesIn(placed.orderId)
  expect(rows).toEqual(
    placed.lines.map((line, index) => ({
      line_no: index + 1,
      variant_id: line.variantId,
      product_id: line.productId,
      sku: line.sku,
      title: line.title,
      quantity: line.quantity,
      unit_price_minor: line.unitPriceMinor,
      total_minor: line.totalMinor,
      price_version: line.priceVersion,
      sale_window_id: line.saleWindowId,
    })),
  )
})

test('an order written by a process of the release before has its lines', async () => {
  const placed = await world.placed(ask((await world.variant()).variantId).lines)
  await world.db.transaction(async (tx) => {
    await tx.run(
      sql`create temporary table kept on commit drop as select * from order_lines where order_id = ${placed.orderId}`,
    )
    await tx.run(sql`update orders set lines = null where order_id = ${placed.orderId}`)
    expect(await tx.run(sql`insert into order_lines select * from kept`)).toBe(1)
  })
  expect((await readOrders(world.db.autocommit, [placed.orderId]))[0]?.lines).toEqual(placed.lines)
  expect(await linesIn(placed.orderId)).toHaveLength(1)
})
