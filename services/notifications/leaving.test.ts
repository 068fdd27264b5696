import { accountRegistered, orderConfirmed } from '@souk/contracts'
import { createShards, uuidv7 } from '@souk/postgres'
import { createDirectory } from '@souk/rpc'
import { parseEnv } from '@souk/service'
import { startSmtp } from '@souk/stand-ins/messages/index'
import { collectingOutbox, eventually, fakeMetrics, memoryLog, testDatabase } from '@souk/testing'
import { afterAll, expect, test } from 'vitest'
import { config } from './config.ts'
import { notifications } from './index.ts'
import { received } from './test-notifications.ts'

const database = await testDatabase([notifications])
const smtp = await startSmtp()
afterAll(async () => {
  await smtp.close()
  await database.close()
})

test('a rush of orders is mailed through a real SMTP server, each customer once, and nothing personal is logged', async () => {
  const db = database.open('notifications')
  const log = memoryLog()
  const parts = await notifications.start({
    config: parseEnv({ SMTP_URL: smtp.url, EMAILS_PER_SECOND: '1000' }, config),
    db,
    shards: createShards([{ name: 'home', db }]),
    outbox: collectingOutbox(),
    clock: () => new Date(),
    log,
    metrics: fakeMetrics(),
    directory: createDirectory(),
    work: undefined as never,
  })
  const consume = (name: string, events: ReturnType<typeof received>[]) =>
    db.transaction(async (tx) =>
      parts.consumers?.find((each) => each.name === `notifications.${name}`)?.handle(tx, events),
    )
  const customers = Array.from({ length: 250 }, (_, index) => ({ accountId: uuidv7(Date.now()), index }))
  await consume(
    'accounts',
    customers.map(({ accountId, index }) =>
      received(accountRegistered, { accountId, email: `reader${index}@people.example`, name: `Reader ${index}` }),
    ),
  )
  await consume(
    'orders',
    customers.map(({ accountId }) =>
      received(orderConfirmed, {
        orderId: uuidv7(Date.now()),
        shopId: uuidv7(Date.now()),
        customerId: accountId,
        confirmedAtMs: BigInt(Date.now()),
      }),
    ),
  )
  smtp.troubles.push('busy', 'busy', 'limit')
  const job = parts.jobs?.find(({ name }) => name === 'notifications.send')
  await eventually(
    async () => {
      await job?.run()
      expect(await database.query('select 1 from notifications.deliveries')).toEqual([])
    },
    { timeoutMs: 20_000, everyMs: 100 },
  )
  expect(smtp.taken.map(({ to }) => to).toSorted()).toEqual(
    customers.map(({ index }) => `reader${index}@people.example`).toSorted(),
  )
  expect(new Set(smtp.taken.map(({ id }) => id)).size).toBe(250)
  expect(JSON.stringify(log.lines)).not.toMatch(/people\.example|Reader \d/)
  await parts.stop?.()
})
