import { orderDelivered, shopChanged } from '@souk/contracts'
import { uuidv7 } from '@souk/postgres'
import { callRoute, operator, shopper, staff, testDatabase } from '@souk/testing'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { notifications } from './index.ts'
import { received, type TestNotifications, testNotifications } from './test-notifications.ts'

const database = await testDatabase([notifications])
afterAll(() => database.close())
let desk: TestNotifications
beforeEach(async () => {
  await database.query('truncate notifications.templates')
  desk = testNotifications(database.open('notifications'))
})

const newId = () => uuidv7(Date.now())
const kind = 'order-delivered'
const words = { channel: 'email', language: 'en', subject: 'Here it is: {order}', body: 'Bon appétit, {customer}!' }
type Asked = { principal: ReturnType<typeof operator>; shopId?: string }
const publish = ({ principal, shopId }: Asked, more: object = {}) =>
  callRoute(desk.routes, 'publishTemplate', {
    principal,
    params: { kind },
    body: { ...words, ...(shopId !== undefined && { shopId }), ...more },
  })
const preview = ({ principal, shopId }: Asked, more: object) =>
  callRoute(desk.routes, 'previewTemplate', {
    principal,
    params: { kind },
    body: { channel: 'email', language: 'en', ...(shopId !== undefined && { shopId }), ...more },
  })

/** What a customer reads who was told now that an order of the shop has arrived. */
async function deliveredTo(customerId: string, shopId: string) {
  await desk.consume(
    'orders',
    received(orderDelivered, {
      orderId: newId(),
      customerId,
      shopId,
      deliveredAtMs: BigInt(desk.time.clock().getTime()),
    }),
  )
}
const subjectsOf = async (accountId: string) =>
  (
    (await callRoute(desk.routes, 'listMyNotifications', { principal: shopper({ accountId }) })).body as {
      items: { subject: string }[]
    }
  ).items.map(({ subject }) => subject)

describe('a shop publishes its own words', () => {
  test('they are used from then on; what was told before keeps the words it had', async () => {
    const [customerId, shopId] = [newId(), newId()]
    const me = { principal: staff(shopId, 'settings'), shopId }
    await deliveredTo(customerId, shopId)
    desk.time.advance(1_000)
    expect(await publish(me)).toMatchObject({ status: 201, body: { version: 2, shopId } })
    desk.time.advance(1_000)
    await deliveredTo(customerId, shopId)
    desk.time.advance(1_000)
    await deliveredTo(customerId, newId())
    const [elsewhere, now, before] = await subjectsOf(customerId)
    expect(now).toMatch(/^Here it is/)
    expect(before).toMatch(/has arrived$/)
    expect(elsewhere).toMatch(/has arrived$/)
  })

  test('they win over those of the marketplace, and every version can be read', async () => {
    const shopId = newId()
    const me = { principal: staff(shopId, 'settings'), shopId }
    await publish({ principal: operator() }, { subject: 'From the marketplace' })
    expect(await preview(me, {})).toMatchObject({ body: { subject: 'From the marketplace', version: 2 } })
    await publish(me, { subject: 'First' })
    await publish(me, { subject: 'Second' })
    expect(await preview(me, {})).toMatchObject({ body: { subject: 'Second', version: 3 } })
    const versions = async (query: object) =>
      (
        await callRoute(desk.routes, 'listTemplateVersions', {
          ...me,
          params: { kind },
          query: { shopId, channel: 'email', language: 'en', ...query },
        })
      ).body as { items: { version: number }[]; nextCursor: string | null }
    const first = await versions({ limit: 2 })
    const second = await versions({ limit: 2, cursor: first.nextCursor })
    expect([...first.items, ...second.items].map(({ version }) => version)).toEqual([3, 2, 1])
    expect(second.nextCursor).toBeNull()
  })

  test('a language it has no words in reads those the program brings, one nobody speaks reads English', async () => {
    const shopId = newId()
    const me = { principal: staff(shopId, 'settings'), shopId }
    await publish(me)
    expect(await preview(me, { language: 'de' })).toMatchObject({ body: { language: 'de', version: 1 } })
    expect(await preview(me, { language: 'en' })).toMatchObject({ body: { language: 'en', version: 2 } })
  })

  test('the list shows its words and what the program brings for the rest', async () => {
    const shopId = newId()
    const me = { principal: staff(shopId, 'settings'), shopId }
    await publish(me)
    const { items } = (await callRoute(desk.routes, 'listTemplates', { ...me, query: { shopId } })).body as {
      items: { kind: string; channel: string; language: string; version: number }[]
    }
    expect(items).toHaveLength(10 * 2 * 3)
    expect(items.filter(({ version }) => version === 2)).toMatchObject([{ kind, channel: 'email', language: 'en' }])
  })
})

describe('who may publish what', () => {
  test('a shop’s words are its own, everybody’s are the operator’s', async () => {
    const shopId = newId()
    const me = { principal: staff(shopId, 'settings') }
    for (const asked of [{ ...me }, { ...me, shopId: newId() }, { principal: staff(shopId, 'orders', 'settings') }])
      expect(await publish(asked)).toMatchObject({ status: 404, body: { code: 'template-shop-not-found' } })
    expect(await publish({ principal: operator() })).toMatchObject({ status: 201, body: { shopId: null } })
  })

  test('words that cannot be rendered are refused, with why', async () => {
    const refused = await publish({ principal: operator() }, { body: 'Hello {password}' })
    expect(refused).toMatchObject({
      status: 422,
      body: { code: 'template-refused', faults: ['body: {password} is not a parameter of order-delivered'] },
    })
    expect(await database.query('select 1 from notifications.templates')).toEqual([])
  })

  test('two who publish at once make two versions, or one is told', async () => {
    const answers = await Promise.all([1, 2, 3, 4].map(() => publish({ principal: operator() })))
    const made = answers.filter(({ status }) => status === 201).map(({ body }) => (body as { version: number }).version)
    expect(new Set(made).size).toBe(made.length)
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true)
  })
})

describe('a preview', () => {
  test('shows the mail with the values given, and keeps nothing', async () => {
    const shopId = newId()
    await desk.consume(
      'shops',
      received(shopChanged, { shopId, version: 1n, name: 'Lamps <b>', ownerAccountId: newId() }),
    )
    const me = { principal: staff(shopId, 'settings'), shopId }
    const answer = await preview(me, {
      ...words,
      body: '# {shop}\n\n**{order}**',
      parameters: [{ name: 'order', text: '<i>' }],
    })
    expect(answer).toMatchObject({
      status: 200,
      body: { subject: 'Here it is: <i>', text: 'Lamps <b>\n\n<i>', version: 0 },
    })
    expect((answer.body as { html: string }).html).toContain('<strong>&lt;i&gt;</strong>')
    expect(await preview(me, { parameters: [] })).toMatchObject({ status: 422, body: { code: 'message-unclear' } })
  })
})
