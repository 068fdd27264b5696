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

async function given(url: string) {
  const db = database.open('notifications')
  const log = memoryLog()
  const parts = await notifications.start({
    config: parseEnv({ SMTP_URL: url, EMAILS_PER_SECOND: '1000' }, config),
    db,
    shards: createShards([{ name: 'home', db }]),
    outbox: collectingOutbox(),
    clock: () => new Date(),
    log,
    metrics: fakeMetrics(),
    directory: createDirectory(),
    cache: undefined as never,
    work: undefined as never,
  })
  const consume = (name: string, events: ReturnType<typeof received>[]) =>
    db.transaction(async (tx) =>
      parts.consumers?.find((each) => each.name === `notifications.${name}`)?.handle(tx, events),
    )
  const job = parts.jobs?.find(({ name }) => name === 'notifications.send')
  return {
    log,
    parts,
    send: async () => await job?.run(),
    async register(count: number): Promise<string[]> {
      const accountIds = Array.from({ length: count }, () => uuidv7(Date.now()))
      await consume(
        'accounts',
        accountIds.map((accountId, index) =>
          received(accountRegistered, { accountId, email: `reader${index}@people.example`, name: `Reader ${index}` }),
        ),
      )
      return accountIds
    },
    confirm: (customers: readonly string[]) =>
      consume(
        'orders',
        customers.map((customerId) =>
          received(orderConfirmed, {
            orderId: uuidv7(Date.now()),
            shopId: uuidv7(Date.now()),
            customerId,
            confirmedAtMs: BigInt(Date.now()),
          }),
        ),
      ),
    left: () => database.query<{ state: string; attempts: number }>('select * from notifications.deliveries'),
  }
}

test('a rush of orders is mailed through a real SMTP server, each customer once, and nothing personal is logged', async () => {
  const { log, parts, send, register, confirm, left } = await given(smtp.url)
  const customers = await register(250)
  await confirm(customers)
  smtp.troubles.push('busy', 'busy', 'limit')
  await eventually(
    async () => {
      await send()
      expect(await left()).toEqual([])
    },
    { timeoutMs: 20_000, everyMs: 100 },
  )
  expect(smtp.taken.map(({ to }) => to).toSorted()).toEqual(
    customers.map((_, index) => `reader${index}@people.example`).toSorted(),
  )
  expect(new Set(smtp.taken.map(({ id }) => id)).size).toBe(250)
  expect(JSON.stringify(log.lines)).not.toMatch(/people\.example|Reader \d/)
  await parts.stop?.()
})

test('while the SMTP server is gone orders are confirmed as ever; when it is back everybody is mailed once', async () => {
  const first = await startSmtp()
  const { parts, send, register, confirm, left } = await given(first.url)
  const customers = await register(120)
  await confirm(customers.slice(0, 40))
  await send()
  await first.close()
  const beganAt = performance.now()
  for (let at = 40; at < 120; at += 20) {
    await confirm(customers.slice(at, at + 20))
    await send()
  }
  // Nobody who confirms orders waits for mail, and nobody's message is given up.
  expect(performance.now() - beganAt).toBeLessThan(5_000)
  const waiting = await left()
  expect(waiting).toHaveLength(80)
  expect(waiting.filter(({ state }) => state === 'failed')).toEqual([])
  const again = await startSmtp(Number(new URL(first.url).port))
  await eventually(
    async () => {
      await send()
      expect(await left()).toEqual([])
    },
    { timeoutMs: 80_000, everyMs: 200 },
  )
  expect([...first.taken, ...again.taken].map(({ to }) => to).toSorted()).toEqual(
    customers.map((_, index) => `reader${index}@people.example`).toSorted(),
  )
  await parts.stop?.()
  await again.close()
}, 120_000)
