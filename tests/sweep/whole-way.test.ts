import { afterAll, afterEach, expect, test } from 'vitest'
import { deliveredOrder, freshReturn, shippedOrder } from './recipes/sent.ts'
import { openStage } from './stage.ts'
import { untilQuiet } from './tables.ts'
import { buildWorld } from './world.ts'

const stage = await openStage()
afterAll(() => stage.close())
const world = await buildWorld(stage)
const { a } = world

type Audit = { checks: { findings: object[]; failure: string | null }[] }
type Payment = { status: string; capturedMinor: number; refundedMinor: number }

afterEach(async () => {
  await untilQuiet(stage.query)
  const { checks } = await world.do<Audit>(world.operator, 'GET', '/v1/operations/audit?full=true')
  expect(checks.filter(({ findings, failure }) => findings.length > 0 || failure !== null)).toEqual([])
})

const paymentOf = async (orderId: string): Promise<Payment | undefined> => {
  await untilQuiet(stage.query)
  return (await world.do<{ items: Payment[] }>(a.customer, 'GET', `/v1/orders/${orderId}/payments`)).items[0]
}
const receive = (returnId: string, disposition: 'restock' | 'write-off') =>
  world.do<{ state: string; refundMinor: number }>(
    a.owner,
    'POST',
    `/v1/shops/${a.shopId}/returns/${returnId}/receive`,
    { lines: [{ variantId: a.variantId, disposition }] },
  )
const onHand = async () => {
  const [row] = await stage.query<{ units: string }>(
    'select on_hand as units from inventory.items where variant_id = $1',
    [a.variantId],
  )
  return Number(row?.units)
}

test('an order that was paid at the door is collected, and a unit that comes back is on the shelf and its money on its way', async () => {
  const { orderId, returnId } = await freshReturn(world, a, 'approved')
  const before = await onHand()
  const { state, refundMinor } = await receive(returnId, 'restock')
  expect([state, (await onHand()) - before]).toEqual(['settled', 1])
  expect(await paymentOf(orderId)).toMatchObject({
    status: 'partly-refunded',
    capturedMinor: 2 * refundMinor,
    refundedMinor: refundMinor,
  })
})

test('what is refused at the door comes back, and nobody waits for its money any more', async () => {
  const { orderId } = await shippedOrder(world, a)
  await world.do(a.owner, 'POST', `/v1/shops/${a.shopId}/orders/${orderId}/delivery`, { outcome: 'failed' })
  const { items } = await world.do<{ items: { id: string }[] }>(a.owner, 'GET', `/v1/orders/${orderId}/returns`)
  expect(await receive(items[0]?.id ?? '', 'write-off')).toMatchObject({ state: 'settled', refundMinor: 0 })
  expect(await paymentOf(orderId)).toMatchObject({ status: 'voided', capturedMinor: 0 })
})

test('an order that arrived and stays is collected once', async () => {
  const { orderId } = await deliveredOrder(world, a)
  expect(await paymentOf(orderId)).toMatchObject({ status: 'captured', capturedMinor: 2 * 1_999, refundedMinor: 0 })
})
