import { randomUUID } from 'node:crypto'
import { type Database, openDatabase, type Sql, sql, type Tx } from '@souk/postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { orderBuckets } from './bucket-tables.sql.ts'
import { everything, type Mark, markNow, redIn } from './test-audits.ts'
import { fulfilmentWorld } from './test-fulfilment.ts'

let world: Awaited<ReturnType<typeof fulfilmentWorld>>
/** The superuser, to break things on purpose. */
let admin: Database
let mark: Mark
type Kept = { name: string; id: string; units: number }
const things = {
  goods: '',
  shipped: '',
  delivered: '',
  partly: '',
  confirmed: '',
  shipmentId: '',
  returnId: '',
}

beforeAll(async () => {
  world = await fulfilmentWorld()
  admin = openDatabase({ url: world.database.adminUrl, schema: 'orders' })
  mark = await markNow(world.db)
  things.goods = await world.goods(50)
  const variantId = things.goods
  things.confirmed = (await world.confirmed(variantId)).orderId
  things.partly = (await world.confirmed([{ variantId, quantity: 5 }])).orderId
  await world.ship(things.partly, { lines: [{ variantId, quantity: 2 }] })
  things.shipped = (await world.confirmed([{ variantId, quantity: 2 }])).orderId
  things.shipmentId = (await world.ship(things.shipped)).shipmentId
  const bought = await world.delivered([{ variantId, quantity: 3 }])
  things.delivered = bought.orderId
  const { returnId } = await world.request(bought, [{ variantId, quantity: 3 }])
  await world.db.transaction(
    async (tx) => void (await tx.run(sql`update returns set state = 'approved' where return_id = ${returnId}`)),
  )
  await world.receive(returnId, [{ variantId, disposition: 'restock' }])
  await world.finishReturn(returnId)
  things.returnId = returnId
})
afterAll(async () => {
  await admin.close()
  await world.database.close()
})

class Undo extends Error {}

/** The invariants that do not hold, over everything; over what was done since the mark they must be the same. */
async function red(tx: Tx): Promise<string[]> {
  const found = await redIn(tx, everything)
  expect((await redIn(tx, mark)).toSorted()).toEqual(found.toSorted())
  return found
}

async function redAfter(...breaking: readonly Sql[]): Promise<string[]> {
  let result: string[] = []
  await admin
    .transaction(async (tx) => {
      for (const statement of breaking) expect(await tx.run(statement)).toBeGreaterThan(0)
      result = await red(tx)
      throw new Undo()
    })
    .catch((error: unknown) => {
      if (!(error instanceof Undo)) throw error
    })
  return result
}

test('books in order turn no check red, whatever was shipped and came back', async () =>
  expect(await red(world.db.autocommit)).toEqual([]))

describe('turns red when', () => {
  const cases: [string, string[], () => Sql[]][] = [
    [
      'units were shipped that are still promised',
      ['I1', 'I2'],
      () => [sql`update allotments set granted = granted + 1 where allotment_id = ${things.goods}`],
    ],
    [
      'a shipment is forgotten',
      ['I1', 'I2'],
      () => [
        sql`delete from shipment_lines where shipment_id = ${things.shipmentId}`,
        sql`delete from shipments where shipment_id = ${things.shipmentId}`,
      ],
    ],
    [
      'more was shipped than ordered',
      ['I1', 'I2', 'I3'],
      () => [sql`update shipment_lines set quantity = quantity + 1 where shipment_id = ${things.shipmentId}`],
    ],
    [
      'more is to be shipped than is left',
      ['I3'],
      () => [
        sql`insert into shipments select ${randomUUID()}, order_id, shop_id, 'issuing', '', '', '', null, actor_id, '', now(), null, null, 0, now()
          from shipments where shipment_id = ${things.shipmentId}`,
        sql`insert into shipment_lines select s.shipment_id, 1, ${things.goods}, 1 from shipments s where s.state = 'issuing'`,
      ],
    ],
    [
      'more came back than left',
      ['I3'],
      () => [sql`update return_lines set quantity = 9, received = 4 where return_id = ${things.returnId}`],
    ],
    [
      'an order is taken for shipped while a part of it lies here',
      ['I3', 'I11'],
      () => [sql`update orders set status = 'shipped' where order_id = ${things.partly}`],
    ],
    [
      'an order is taken for delivered while its parcel is on the way',
      ['I3', 'I11'],
      () => [sql`update orders set status = 'delivered' where order_id = ${things.shipped}`],
    ],
    [
      'a return gives back a cent too much',
      ['I9'],
      () => [
        sql`update return_lines set refund_minor = refund_minor + 1 where return_id = ${things.returnId}`,
        sql`update returns set refund_minor = refund_minor + 1 where return_id = ${things.returnId}`,
      ],
    ],
    [
      'a return gives back a cent too little of what came back whole',
      ['I9'],
      () => [
        sql`update return_lines set refund_minor = refund_minor - 1 where return_id = ${things.returnId}`,
        sql`update returns set refund_minor = refund_minor - 1 where return_id = ${things.returnId}`,
      ],
    ],
    [
      'a return and its lines differ',
      ['I9'],
      () => [sql`update returns set refund_minor = refund_minor - 1 where return_id = ${things.returnId}`],
    ],
    [
      'a shipment waits for inventory for more than five minutes',
      ['I1', 'I2', 'I3', 'I10'],
      () => [
        sql`update shipments set state = 'issuing', created_at = now() - interval '6 minutes' where shipment_id = ${things.shipmentId}`,
      ],
    ],
    [
      'a return waits for payments for more than five minutes',
      ['I10'],
      () => [
        sql`update returns set state = 'received', received_at = now() - interval '6 minutes' where return_id = ${things.returnId}`,
      ],
    ],
    [
      'a return was counted as a version and not written into the history',
      ['I11'],
      () => [
        sql`update orders set history = (select jsonb_agg(e) from jsonb_array_elements(history) e where e->>0 <> 'returned')
          where order_id = ${things.delivered}`,
      ],
    ],
    [
      'goods came back of an order that was never shipped',
      ['I6', 'I11'],
      () => [
        sql`update orders set version = version + 1, history = history || '[["returned", 1]]' where order_id = ${things.confirmed}`,
      ],
    ],
    [
      'the announcement of a shipment, a delivery or a return was lost',
      ['I6'],
      () => [sql`delete from outbox where seq = (select max(seq) from outbox)`],
    ],
  ]
  test.each(cases)('%s: %s', async (_, invariants, breaking) =>
    expect((await redAfter(...breaking())).toSorted()).toEqual(invariants.toSorted()),
  )
})

test('what an audit kept, the next one counts on from, whatever was placed, cancelled and shipped between', async () => {
  const variantId = things.goods
  const [cancelled, shipped, partly] = [
    await world.confirmed(variantId),
    await world.confirmed([{ variantId, quantity: 2 }]),
    await world.confirmed([{ variantId, quantity: 4 }]),
  ]
  const one = await markNow(world.db, mark)
  await world.cancel(cancelled.orderId)
  await world.ship(shipped.orderId)
  await world.ship(partly.orderId, { lines: [{ variantId, quantity: 1 }] })
  await world.cancel((await world.confirmed(variantId)).orderId)
  const two = await markNow(world.db, one)
  const kept = await world.db.autocommit.many<Kept>(sql`select name, id, units from audited order by name, id`)
  await world.ship(partly.orderId)
  expect(await redIn(world.db.autocommit, two)).toEqual([])
  // Counted on twice, or added up at once: the same.
  await world.db.transaction((tx) => tx.run(sql`delete from audited`))
  await world.db.transaction((tx) => tx.run(sql`delete from audit_marks`))
  const three = await markNow(world.db)
  const added = await world.db.autocommit.many<Kept>(sql`select name, id, units from audited order by name, id`)
  expect(added).toMatchObject(kept.map((row) => ({ ...row, units: row.name === 'I1' ? row.units - 3 : row.units + 3 })))
  await admin.autocommit.run(sql`update allotments set granted = granted - 1 where allotment_id = ${variantId}`)
  await world.confirmed(variantId)
  expect(await redIn(world.db.autocommit, three)).toEqual(['I1', 'I2'])
  await admin.autocommit.run(sql`update allotments set granted = granted + 1 where allotment_id = ${variantId}`)
})

test('after a bucket has come or gone nothing that was kept is counted on', async () => {
  const at = await markNow(world.db)
  await admin.autocommit.run(sql`update audited set units = units + 1`)
  await world.confirmed(things.goods)
  expect(await redIn(world.db.autocommit, at)).toEqual(['I1', 'I2'])
  for (const statement of orderBuckets.leaving?.(() => sql`false`) ?? []) await admin.autocommit.run(statement)
  expect(await redIn(world.db.autocommit, at)).toEqual([])
})
