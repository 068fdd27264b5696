import { expect, test } from 'vitest'
import { goodsStep } from './goods.ts'
import type { Case } from './step.ts'

const order = (orderId: string): Case =>
  ({ order: { orderId, shopId: 's', lines: [{ variantId: 'v', quantity: 1 }] }, correlationId: 'c' }) as unknown as Case

test('goods still set apart for an order that was just called off are asked for again; goods that are gone are not', async () => {
  const reasons: Record<string, string> = { a: '', b: 'held', c: 'short', d: 'expired', e: 'released' }
  const step = goodsStep({
    assign: (async ({ orders }: { orders: { orderId: string }[] }) => ({
      answers: orders.map(({ orderId }) => ({
        orderId,
        assigned: reasons[orderId] === '',
        reason: reasons[orderId],
        variantId: reasons[orderId] === '' ? '' : 'v',
      })),
    })) as never,
    release: (async () => ({})) as never,
  })
  const outcomes = await step.run(Object.keys(reasons).map(order))
  expect(outcomes.map(({ kind }) => kind)).toEqual(['done', 'failed', 'refused', 'refused', 'refused'])
})
