import { accountRegistered, messageFailed, messagesSent, orderConfirmed } from '@souk/contracts'
import { uuidv7 } from '@souk/postgres'
import { callRoute, operator, shopper, type TestDatabase, testDatabase } from '@souk/testing'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { messageAudits } from './audits.ts'
import { type Outcome, ProviderAway } from './channel.ts'
import { takeDue } from './deliveries.sql.ts'
import { notifications } from './index.ts'
import { fakeProvider, received, testNotifications } from './test-notifications.ts'

const database: TestDatabase = await testDatabase([notifications])
afterAll(() => database.close())

const given = () => {
  const mail = fakeProvider('email')
  const sms = fakeProvider('sms')
  const desk = testNotifications(database.open('notifications'), [mail.provider, sms.provider])
  return { mail, sms, desk }
}
let { mail, sms, desk } = given()
beforeEach(async () => {
  await database.query('truncate notifications.messages, notifications.deliveries, notifications.recipients')
  ;({ mail, sms, desk } = given())
})
/** Whatever a test did: nothing may be lost, doubled or stuck. */
afterEach(async () => {
  const { db } = desk.deps
  for (const check of messageAudits) {
    const { findings } = await db.transaction((tx) =>
      check.run(tx, { since: undefined, sinceMs: undefined, maxFindings: 10 }),
    )
    expect(findings).toEqual([])
  }
})

const newId = () => uuidv7(Date.parse('2026-03-02T09:59:00Z'))
const register = async (name: string) => {
  const accountId = newId()
  await desk.consume('accounts', received(accountRegistered, { accountId, email: `${name}@people.example`, name }))
  return accountId
}
const confirm = (...customers: string[]) =>
  desk.consume(
    'orders',
    ...customers.map((customerId) =>
      received(orderConfirmed, {
        orderId: newId(),
        customerId,
        shopId: newId(),
        confirmedAtMs: BigInt(desk.time.clock().getTime()),
      }),
    ),
  )
const historyOf = async (accountId: string) =>
  (
    (
      await callRoute(desk.routes, 'listCustomerNotifications', {
        principal: operator(),
        params: { customerId: accountId },
      })
    ).body as { items: { channel: string; state: string; attempts: number; detail: string | null }[] }
  ).items
const outgoingOf = async (accountId: string) => (await historyOf(accountId)).find((item) => item.channel !== 'inbox')
const choose = (accountId: string, body: object) =>
  callRoute(desk.routes, 'setNotificationPreferences', {
    principal: shopper({ accountId }),
    body: { language: 'en', phone: null, pushToken: null, kinds: [], ...body },
  })

test('a confirmation lies in the inbox and goes out by mail, in one call for all', async () => {
  const people = await Promise.all(Array.from({ length: 120 }, (_, index) => register(`p${index}`)))
  await confirm(...people)
  expect(await desk.send()).toBe(120)
  expect(mail.calls).toEqual([100, 20])
  expect(new Set(mail.took.map(({ to }) => to)).size).toBe(120)
  expect(mail.took[0]?.html).toContain('is confirmed and is being prepared')
  expect(await historyOf(people[0] as string)).toMatchObject([
    { channel: 'email', state: 'sent', attempts: 1 },
    { channel: 'inbox', state: 'delivered' },
  ])
  expect(desk.outbox.of(messagesSent).map(({ messageIds }) => messageIds.length)).toEqual([100, 20])
  expect(await desk.send()).toBe(0)
})

test('the urgent go first', async () => {
  const accountId = await register('ada')
  const notice = (priority: string) =>
    callRoute(desk.routes, 'sendNotification', {
      principal: operator(),
      body: { customerIds: [accountId], subject: priority, text: 'x', priority },
    })
  await notice('low')
  await notice('normal')
  await confirm(accountId)
  await desk.send()
  expect(mail.took.map(({ kind, subject }) => (kind === 'notice' ? subject : kind))).toEqual([
    'order-confirmed',
    'normal',
    'low',
  ])
})

test('no more go in a second than was agreed', async () => {
  const slow = fakeProvider('email')
  desk = testNotifications(desk.deps.db, [{ ...slow.provider, perSecond: 10 }])
  await confirm(...(await Promise.all(Array.from({ length: 25 }, (_, index) => register(`p${index}`)))))
  const sent: number[] = []
  for (let second = 0; second < 3; second += 1) {
    sent.push(await desk.send())
    desk.time.advance(1_000)
  }
  expect(sent).toEqual([10, 10, 5])
})

describe('a message that is not taken', () => {
  test('is tried again after 1, 2, 4 and 8 seconds, then waits for a person', async () => {
    const accountId = await register('ada')
    await confirm(accountId)
    mail.does(() => ({ kind: 'later', cause: '451 greylisted' }))
    const tries: number[] = []
    for (let second = 0; second < 40; second += 1) {
      const before = mail.calls.length
      await desk.send()
      if (mail.calls.length > before) tries.push(second)
      desk.time.advance(1_000)
    }
    expect(tries).toEqual([0, 1, 3, 7, 15])
    expect(await outgoingOf(accountId)).toMatchObject({ state: 'failed', attempts: 5, detail: '451 greylisted' })
    expect(desk.outbox.of(messageFailed)).toMatchObject([
      { kind: 'order-confirmed', channel: 'email', customerId: accountId },
    ])
  })

  test('is not tried again when it was refused, but told by the next way the customer allows', async () => {
    const accountId = await register('ada')
    expect(await choose(accountId, { phone: '+491701234567' })).toMatchObject({ status: 200 })
    await confirm(accountId)
    mail.does(() => ({ kind: 'refused', cause: '550 at RCPT TO' }))
    await desk.send()
    await desk.send()
    expect(mail.calls).toEqual([1])
    expect(sms.took).toMatchObject([{ to: '+491701234567' }])
    expect(await historyOf(accountId)).toMatchObject([
      { channel: 'sms', state: 'sent' },
      { channel: 'email', state: 'replaced', detail: 'told by sms instead: 550 at RCPT TO' },
      { channel: 'inbox', state: 'delivered' },
    ])
  })

  test('waits for a person, who sends it again or gives it up', async () => {
    const [ada, bob] = [await register('ada'), await register('bob')]
    await confirm(ada, bob)
    mail.does(() => ({ kind: 'refused', cause: 'blocked' }))
    await desk.send()
    const failed = async () =>
      (
        (await callRoute(desk.routes, 'listFailedNotifications', { principal: operator() })).body as {
          items: { messageId: string; customerId: string }[]
        }
      ).items
    const idOf = async (who: string) => ({
      messageId: (await failed()).find((item) => item.customerId === who)?.messageId ?? '',
    })
    const act = (operationId: string, params: object, body?: object) =>
      callRoute(desk.routes, operationId, { principal: operator(), params: params as never, body })
    expect(await failed()).toHaveLength(2)
    const ofAda = await idOf(ada)
    expect(await act('replayNotification', ofAda)).toMatchObject({ status: 204 })
    expect(await act('replayNotification', ofAda)).toMatchObject({ status: 404 })
    expect(await act('discardNotification', await idOf(bob), { reason: 'left us' })).toMatchObject({ status: 204 })
    mail.does(() => ({ kind: 'sent', reference: 'x' }))
    await desk.send()
    expect(await failed()).toHaveLength(0)
    expect(await outgoingOf(ada)).toMatchObject({ state: 'sent' })
    expect(await outgoingOf(bob)).toMatchObject({ state: 'discarded' })
  })
})

describe('when the provider is away', () => {
  test('for a minute, nothing is lost, nothing goes twice, and no attempt is counted', async () => {
    const people = await Promise.all(Array.from({ length: 30 }, (_, index) => register(`p${index}`)))
    await confirm(...people)
    mail.does(() => {
      throw new ProviderAway('fake', 'ECONNREFUSED')
    })
    for (let second = 0; second < 60; second += 1) {
      await desk.send()
      desk.time.advance(1_000)
    }
    expect(mail.calls.length).toBeLessThan(10)
    mail.does(() => ({ kind: 'sent', reference: 'x' }))
    for (let second = 0; second < 90; second += 1) {
      await desk.send()
      desk.time.advance(1_000)
    }
    expect(new Set(mail.took.map(({ messageId }) => messageId)).size).toBe(30)
    expect(mail.took).toHaveLength(30)
    expect(await outgoingOf(people[0] as string)).toMatchObject({ state: 'sent', attempts: 1 })
  })

  test('and the outcome is not known, it goes again under the same id', async () => {
    const accountId = await register('ada')
    await confirm(accountId)
    const ids: string[] = []
    mail.does(({ messageId }): Outcome => {
      ids.push(messageId)
      return ids.length === 1 ? { kind: 'unknown', cause: 'ETIMEDOUT' } : { kind: 'sent', reference: 'x' }
    })
    await desk.send()
    desk.time.advance(2_000)
    await desk.send()
    expect(ids).toEqual([ids[0], ids[0]])
    expect(await outgoingOf(accountId)).toMatchObject({ state: 'sent' })
  })
})

test('whoever held a message too long may no longer say how it ended', async () => {
  const accountId = await register('ada')
  await confirm(accountId)
  // While the first is at the provider its lease ends, and another process takes the message and fails to send it.
  mail.does(async () => {
    const later = new Date(desk.time.clock().getTime() + 61_000)
    await takeDue(desk.deps.db.autocommit, 1, 100, later, new Date(later.getTime() + 60_000))
    return { kind: 'refused', cause: 'no' }
  })
  await desk.send()
  const [row] = await database.query<{ state: string; fence: number }>(
    'select state, fence from notifications.deliveries',
  )
  expect(row).toMatchObject({ state: 'sending', fence: 2 })
  expect(desk.outbox.of(messageFailed)).toEqual([])
  await database.query(`update notifications.deliveries set due_at = now() + interval '1 hour'`)
})

test('a message taken by a process that died is taken again when its lease is over', async () => {
  const accountId = await register('ada')
  await confirm(accountId)
  const now = desk.time.clock()
  await takeDue(desk.deps.db.autocommit, 1, 100, now, new Date(now.getTime() + 60_000))
  expect(await desk.send()).toBe(0)
  desk.time.advance(61_000)
  expect(await desk.send()).toBe(1)
})

test('a message that everybody who takes it dies of is not tried for ever', async () => {
  const accountId = await register('ada')
  await confirm(accountId)
  for (let times = 0; times < 5; times += 1) {
    const now = desk.time.clock()
    await takeDue(desk.deps.db.autocommit, 1, 100, now, new Date(now.getTime() + 60_000))
    desk.time.advance(61_000)
  }
  await desk.send()
  expect(mail.calls).toEqual([])
  expect(await outgoingOf(accountId)).toMatchObject({ state: 'failed', detail: 'nobody who took it came back' })
})

test('a message whose words fail with its values is told all the same', async () => {
  const [accountId, id] = [await register('ada'), newId()]
  await database.query(
    `insert into notifications.messages (customer_id, id, kind, channel, parameters)
     values ($1, $2, 8, 0, '{"order":"1","amount":{"minor":1,"currency":""},"cause":"late"}')`,
    [accountId, id],
  )
  expect(await historyOf(accountId)).toHaveLength(1)
})

describe('what a customer chose', () => {
  test('decides the way: the first that is open and has an address', async () => {
    const accountId = await register('ada')
    await choose(accountId, {
      phone: '+491701234567',
      kinds: [{ kind: 'order-confirmed', channels: ['whatsapp', 'sms', 'email'] }],
    })
    await confirm(accountId)
    await desk.send()
    expect([mail.took.length, sms.took.length]).toEqual([0, 1])
    expect(sms.took[0]?.text).toMatch(/your order \w+ is confirmed/)
  })

  test('cannot keep what concerns an order out of the inbox, but may keep it there alone', async () => {
    const accountId = await register('ada')
    const answer = await choose(accountId, {
      kinds: [
        { kind: 'order-confirmed', channels: [] },
        { kind: 'notice', channels: [] },
      ],
    })
    expect((answer.body as { kinds: object[] }).kinds).toContainEqual({
      kind: 'order-confirmed',
      channels: ['inbox'],
      transactional: true,
      chosen: true,
    })
    await confirm(accountId)
    await callRoute(desk.routes, 'sendNotification', {
      principal: operator(),
      body: { customerIds: [accountId], subject: 'News', text: 'x' },
    })
    await desk.send()
    expect(mail.took).toEqual([])
    expect(await historyOf(accountId)).toMatchObject([{ channel: 'inbox' }])
  })

  test('is the language, too', async () => {
    const accountId = await register('ada')
    await choose(accountId, { language: 'de' })
    await confirm(accountId)
    await desk.send()
    expect(mail.took[0]?.subject).toMatch(/^Ihre Bestellung \w+ ist bestätigt$/)
  })

  test('is refused without an address for it', async () => {
    const accountId = await register('ada')
    expect(await choose(accountId, { kinds: [{ kind: 'notice', channels: ['sms'] }] })).toMatchObject({
      status: 422,
      body: { code: 'preference-refused' },
    })
  })
})
