import { eventually } from '@souk/testing'
import type { Person, World } from '../world.ts'

/** Who sells what to whom: enough of a shop to send something from it. */
export type Seller = { owner: Person; shopId: string; variantId: string; customer: Person }
type Doing = Pick<World, 'do'>
type Made = { id: string }

const minute = { timeoutMs: 60_000, everyMs: 50 }

/** An order of two units that waits to be shipped. */
export async function confirmedOrder(world: Doing, { variantId, customer }: Seller): Promise<string> {
  const order = { lines: [{ variantId, quantity: 2 }], paymentMethod: 'cash-on-delivery' }
  const { id } = await eventually(() => world.do<Made>(customer, 'POST', '/v1/orders', order), minute)
  await eventually(async () => {
    const { status } = await world.do<{ status: string }>(customer, 'GET', `/v1/orders/${id}`)
    if (status !== 'confirmed') throw new Error(`order ${id} is ${status}`)
  }, minute)
  return id
}

/** The same, with its parcel on the way. */
export async function shippedOrder(world: Doing, seller: Seller): Promise<{ orderId: string; shipmentId: string }> {
  const orderId = await confirmedOrder(world, seller)
  const path = `/v1/shops/${seller.shopId}/orders/${orderId}/shipments`
  const { id, state } = await world.do<Made & { state: string }>(seller.owner, 'POST', path, {})
  if (state !== 'issued') throw new Error(`shipment ${id} is ${state}`)
  return { orderId, shipmentId: id }
}

export async function deliveredOrder(world: Doing, seller: Seller): Promise<{ orderId: string; shipmentId: string }> {
  const sent = await shippedOrder(world, seller)
  await world.do(seller.owner, 'POST', `/v1/shops/${seller.shopId}/orders/${sent.orderId}/delivery`, {})
  return sent
}

/** A return of one of its units, asked for or approved. */
export async function freshReturn(
  world: Doing,
  seller: Seller,
  state: 'requested' | 'approved' = 'requested',
  note = '',
) {
  const { orderId, shipmentId } = await deliveredOrder(world, seller)
  const { id } = await world.do<Made>(seller.customer, 'POST', `/v1/orders/${orderId}/returns`, {
    lines: [{ variantId: seller.variantId, quantity: 1 }],
    reason: 'damaged',
    note,
  })
  if (state === 'approved') await world.do(seller.owner, 'POST', `/v1/shops/${seller.shopId}/returns/${id}/approve`, {})
  return { orderId, shipmentId, returnId: id }
}
