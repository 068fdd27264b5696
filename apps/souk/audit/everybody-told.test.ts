import { orderConfirmed } from '@souk/contracts'
import { createOutbox, newEvent } from '@souk/events'
import { uuidv7 } from '@souk/postgres'
import { eventually, testDatabase, testSecret } from '@souk/testing'
import { afterAll, expect, test } from 'vitest'
import { openMarketplace } from '../marketplace.ts'
import { allServices } from '../services.ts'
import { everybodyTold } from './everybody-told.ts'

const database = await testDatabase(allServices)
const marketplace = await openMarketplace({
  services: allServices,
  env: { DATABASE_URL: database.url, SOUK_SECRET: testSecret, SOUK_DEMO: 'off' },
  port: 0,
  onProgress: () => {},
  onFatal: () => {},
})
afterAll(async () => {
  await marketplace.stop()
  await database.close()
})

test('the audit names every confirmed order whose customer was not told', async () => {
  const orders = Array.from({ length: 5 }, () => {
    const id = () => uuidv7(Date.now())
    return { orderId: id(), customerId: id(), shopId: id(), version: 2, confirmedAtMs: BigInt(Date.now()) }
  })
  const service = marketplace.running.services.find(({ definition }) => definition.name === 'orders')
  const outbox = createOutbox({ wake: () => marketplace.eventLog.wake('orders') })
  const about = { occurredAtMs: Date.now(), correlationId: '' }
  await service?.db.transaction((tx) =>
    outbox.append(
      tx,
      orders.map((order) => newEvent(orderConfirmed, order, about)),
    ),
  )
  await eventually(async () =>
    expect(await everybodyTold(marketplace, { full: true, maxFindings: 20 })).toEqual({ checked: 5, findings: [] }),
  )
  await database.query('delete from notifications.messages where customer_id = $1', [orders[2]?.customerId])
  for (const full of [true, false])
    expect((await everybodyTold(marketplace, { full, maxFindings: 20 })).findings).toEqual([
      { subject: `order ${orders[2]?.orderId}`, message: 'is confirmed, and its customer was not told' },
    ])
})
