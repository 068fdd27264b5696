import { randomUUID } from 'node:crypto'
import { AnalyticsService } from '@souk/contracts/analytics'
import { SoldService } from '@souk/contracts/orders'
import { createDirectory } from '@souk/rpc'
import { expect, test } from 'vitest'
import { soldAgrees } from './sold-agrees.ts'

const shopId = randomUUID()
const sums = { orders: 3n, amountMinor: 4_500n, cancelledOrders: 1n, units: 5n }

/** One day that was counted as given, and of which orders says this: 3 orders, of which so many are cancelled by now. */
async function audit(counted: Partial<typeof sums>, cancelledNow = 1n) {
  const directory = createDirectory()
  directory.serve(
    (router) => {
      router.service(AnalyticsService, {
        listDays: () => ({
          days: [
            { dayMs: BigInt(Date.parse('2026-11-20')), sums: [{ shopId, currencyCode: 'EUR', ...sums, ...counted }] },
          ],
        }),
      })
      router.service(SoldService, {
        sumSold: () => ({
          shops: [
            {
              shopId,
              products: [{ productId: randomUUID(), currencyCode: 'EUR', orders: 3n, units: 5n, amountMinor: 4_000n }],
              outcomes: [
                { status: 'confirmed', currencyCode: 'EUR', orders: 3n - cancelledNow, amountMinor: 3_000n },
                { status: 'cancelled', currencyCode: 'EUR', orders: cancelledNow, amountMinor: 1_500n },
              ],
            },
          ],
        }),
      })
    },
    [AnalyticsService, SoldService],
  )
  return soldAgrees({ directory }, { full: true, maxFindings: 10 })
}

test('a day that was counted as orders has it is in order, also when more was cancelled since', async () => {
  expect(await audit({})).toEqual({ checked: 1, findings: [] })
  expect(await audit({}, 2n)).toEqual({ checked: 1, findings: [] })
})

test.each([
  ['an order too many', { orders: 4n }],
  ['a unit too few', { units: 4n }],
  ['another amount', { amountMinor: 4_501n }],
  ['more cancelled than are', { cancelledOrders: 2n }],
])('the audit names a day with %s', async (_, counted) => {
  const { findings } = await audit(counted)
  expect(findings.map(({ subject }) => subject)).toEqual([`2026-11-20, shop ${shopId} in EUR`])
})
