import { randomUUID } from 'node:crypto'
import { eventually } from '@souk/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Api, createApi } from '../../apps/souk/api.ts'

/** A marketplace, wherever its parts run. */
export type Venue = {
  url: string
  operator: { email: string; password: string }
  /** What `souk audit --full` finds. */
  audit(): Promise<string[]>
}

type WithId = { id: string }
type Order = WithId & { status: string; shopId: string }
type Shop = WithId & { productId: string; variantId: string }

/** Nothing waits for a time here: whatever a machine is busy with besides, only what never comes fails. */
const patience = { timeout: 240_000, interval: 100 }
const soon = { timeoutMs: patience.timeout, everyMs: patience.interval }
const shopCount = 8
const onHand = 1_000

/** Not decided yet: too busy, a part is away, or the same key is under way. */
const isAskedToComeBack = ({ status, body }: { status: number; body: { code?: string } }): boolean =>
  status === 429 || (status >= 502 && status <= 504) || body.code === 'idempotency-in-flight'

/** The whole way of orders, the same for one process and for many: nothing here knows where it runs. */
export function journeys(venue: () => Venue): void {
  let keeper: Api
  let customer: Api
  let token = ''
  let shops: Shop[]
  const first = () => shops[0] as Shop

  /** Bare: what a patient client would hide is what is looked at. */
  const send = async (path: string, body: object, more: { key?: string; as?: string; headers?: object } = {}) => {
    const answer = await fetch(venue().url + path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${more.as ?? token}`,
        'idempotency-key': more.key ?? randomUUID(),
        ...more.headers,
      },
      body: JSON.stringify(body),
    })
    return { status: answer.status, body: (await answer.json()) as Order & { code?: string } }
  }
  /** Who is asked to come back does so, with the same key. */
  const untilDecided = async (
    path: string,
    body: object,
    more: { key?: string; as?: string; headers?: object } = {},
  ) => {
    const key = more.key ?? randomUUID()
    const giveUpAt = performance.now() + patience.timeout
    for (;;) {
      const answer = await send(path, body, { ...more, key })
      if (!isAskedToComeBack(answer) || performance.now() > giveUpAt) return answer
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }
  const lines = ({ variantId }: Shop, quantity = 1) => [{ variantId, quantity }]
  const place = async (shop: Shop, more: object = {}): Promise<Order> => {
    const { status, body } = await untilDecided('/v1/orders', { lines: lines(shop), ...more })
    expect(status, JSON.stringify(body)).toBe(201)
    return body
  }
  const statusOf = async (id: string) => (await customer.get<Order>(`/v1/orders/${id}`)).status
  const becomes = (id: string, status: string) => expect.poll(() => statusOf(id), patience).toBe(status)
  const payments = async (id: string) =>
    (await customer.get<{ items: { status: string; redirectUrl: string | null }[] }>(`/v1/orders/${id}/payments`)).items

  beforeAll(async () => {
    const { url, operator } = venue()
    keeper = createApi(url)
    await keeper.signIn(operator)
    customer = createApi(url)
    const me = { email: `customer-${randomUUID()}@journeys.example`, password: 'buys the whole bazaar 77' }
    await customer.post('/v1/auth/register', { ...me, name: 'A customer' })
    await customer.signIn(me)
    token = (await customer.post<{ accessToken: string }>('/v1/auth/login', me)).accessToken
    const opened: string[] = []
    for (let index = 0; index < shopCount; index += 1) {
      const name = `Journeys ${index} ${randomUUID().slice(0, 8)}`
      const { id } = await keeper.post<WithId>('/v1/shops', { name, country: 'DE', currency: 'EUR' })
      await keeper.post(`/v1/shops/${id}/verification`, { decision: 'verify', reason: 'For these journeys' })
      opened.push(id)
    }
    await keeper.refresh()
    shops = await Promise.all(
      opened.map(async (shopId) => {
        const made = await keeper.post<WithId & { variants: WithId[] }>('/v1/products', {
          shopId,
          title: 'A plain cup',
          status: 'active',
          variants: [{ sku: 'CUP', priceMinor: 1_999 }],
        })
        const variantId = made.variants[0]?.id ?? ''
        // Inventory hears of a product by an event.
        await eventually(
          () =>
            keeper.put(`/v1/products/${made.id}/inventory`, {
              variants: [{ variantId, onHand }],
              note: 'All there is',
            }),
          soon,
        )
        return { id: shopId, productId: made.id, variantId }
      }),
    )
    // And orders of its terms.
    for (const shop of shops) await eventually(() => place(shop), soon)
  }, 900_000)

  describe('an order', () => {
    test('is placed at once in every shop, and confirmed', async () => {
      const orders = await Promise.all(shops.map((shop) => place(shop)))
      for (const { id } of orders) await becomes(id, 'confirmed')
    })

    test('is accepted for later, decided, and confirmed', async () => {
      const accepted = await Promise.all(
        shops.map((shop) =>
          untilDecided('/v1/orders', { lines: lines(shop) }, { headers: { prefer: 'respond-async' } }),
        ),
      )
      expect(accepted.map(({ status }) => status)).toEqual(shops.map(() => 202))
      for (const { body } of accepted)
        await expect
          .poll(async () => (await customer.get<Order>(`/v1/orders/${body.id}/status`)).status, patience)
          .toBe('confirmed')
    })

    test('is one, however often and wherever its customer clicks; the key is good for nothing else', async () => {
      const key = randomUUID()
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => send('/v1/orders', { lines: lines(first()) }, { key })),
      )
      const placed = answers.filter(({ status }) => status === 201)
      const others = answers.filter(({ status }) => status !== 201)
      expect(others.filter((answer) => !isAskedToComeBack(answer))).toEqual([])
      const again = await untilDecided('/v1/orders', { lines: lines(first()) }, { key })
      expect(again.status).toBe(201)
      expect(new Set([...placed, again].map(({ body }) => body.id)).size).toBe(1)
      const misused = await send('/v1/orders', { lines: lines(first(), 2) }, { key })
      expect(misused.status).toBe(422)
    })

    test('can be cancelled by its customer', async () => {
      const shop = shops[1] as Shop
      const order = await place(shop)
      await becomes(order.id, 'confirmed')
      await customer.post(`/v1/orders/${order.id}/cancel`)
      expect(await statusOf(order.id)).toBe('cancelled')
    })

    test('is shipped, delivered, sent back and refunded', async () => {
      const shop = shops[2] as Shop
      const order = await place(shop, { paymentMethod: 'card', paymentToken: 'tok_ok' })
      await becomes(order.id, 'confirmed')
      const base = `/v1/shops/${shop.id}`
      const shipment = await keeper.post<{ state: string }>(`${base}/orders/${order.id}/shipments`, {})
      expect(shipment.state).toBe('issued')
      await keeper.post(`${base}/orders/${order.id}/delivery`, {})
      await becomes(order.id, 'delivered')
      await expect.poll(async () => (await payments(order.id))[0]?.status, patience).toBe('captured')
      const wanted = { lines: lines(shop), reason: 'not-wanted' }
      const { id } = await customer.post<WithId>(`/v1/orders/${order.id}/returns`, wanted)
      await keeper.post(`${base}/returns/${id}/approve`, {})
      await keeper.post(`${base}/returns/${id}/receive`, {
        lines: [{ variantId: shop.variantId, disposition: 'restock' }],
      })
      await expect.poll(async () => (await payments(order.id))[0]?.status, patience).toBe('refunded')
    })
  })

  describe('a payment', () => {
    test('by card is taken at once, or refused and the order with it', async () => {
      const paid = await place(first(), { paymentMethod: 'card', paymentToken: 'tok_ok' })
      await becomes(paid.id, 'confirmed')
      const refused = await place(first(), { paymentMethod: 'card', paymentToken: 'tok_decline' })
      await becomes(refused.id, 'cancelled')
    })

    test.each(['card', 'bank-transfer'])(
      'by %s at the provider’s page is heard of by its webhook',
      async (paymentMethod) => {
        const order = await place(shops[3] as Shop, { paymentMethod })
        const page = async () => (await payments(order.id))[0]?.redirectUrl ?? ''
        await expect.poll(page, patience).not.toBe('')
        await fetch(await page(), {
          method: 'POST',
          body: new URLSearchParams({ decision: 'pay' }),
          redirect: 'manual',
        })
        await becomes(order.id, 'confirmed')
      },
    )

    test('from a wallet is taken from what is in it, and no more', async () => {
      const { accountId } = await customer.get<{ accountId: string }>('/v1/auth/me')
      await keeper.post(`/v1/wallets/${accountId}/credits`, { amountMinor: 2_500, currency: 'EUR', note: 'A gift' })
      const orders = await Promise.all([1, 2].map(() => place(first(), { paymentMethod: 'wallet' })))
      const ended = async () => (await Promise.all(orders.map(({ id }) => statusOf(id)))).sort()
      await expect.poll(ended, patience).toEqual(['cancelled', 'confirmed'])
    })
  })

  describe('a sale', () => {
    test('sells what is in it, once, to a crowd', async () => {
      const shop = shops.at(-1) as Shop
      await keeper.post('/v1/sales', {
        productId: shop.productId,
        variantId: shop.variantId,
        priceMinor: 999,
        capPerCustomer: 1,
        units: 20,
        startsAt: new Date().toISOString(),
        endsAt: new Date(Date.now() + 3_600_000).toISOString(),
      })
      const { items } = await keeper.post<{ items: { accessToken: string }[] }>('/v1/identity/rehearsal-shoppers', {
        count: 60,
      })
      const path = `/v1/orders/flash-sale/${shop.productId}`
      await eventually(async () => {
        const { status } = await send(path, {}, { as: items[0]?.accessToken ?? '' })
        expect(status).toBe(201)
      }, soon)
      const answers = await Promise.all(items.map(({ accessToken }) => untilDecided(path, {}, { as: accessToken })))
      const accepted = answers.filter(({ status }) => status === 201)
      expect(accepted.length).toBe(19)
      // Who has one already is not given another; which of two reasons he is told depends on when his turn comes.
      expect(answers[0]?.status).toBe(409)
      for (const { status, body } of answers)
        if (status !== 201) expect(['out-of-stock', 'cap-reached']).toContain(body.code)
      await keeper.delete('/v1/identity/rehearsal-shoppers').catch(() => {})
    })
  })

  describe('a cart with things of several shops', () => {
    test('becomes one order in each of them, and all are in the customer’s list', async () => {
      const { cart } = await customer.post<{ cart: WithId }>('/v1/carts')
      // What the last one sells is on sale, and its price another than the customer's cart knew.
      const some = shops.slice(0, -1)
      for (const { variantId } of some) await customer.put(`/v1/carts/${cart.id}/items/${variantId}`, { quantity: 1 })
      type Checkout = WithId & { state: string; result: string | null; orders: { orderId: string }[] }
      const asked = await customer.post<Checkout>(`/v1/carts/${cart.id}/checkout`, {
        paymentMethod: 'cash-on-delivery',
      })
      const checkout = () => customer.get<Checkout>(`/v1/checkouts/${asked.id}`)
      await expect.poll(async () => (await checkout()).result, patience).toBe('placed')
      const ids = (await checkout()).orders.map(({ orderId }) => orderId)
      expect(new Set(ids).size).toBe(some.length)
      for (const id of ids) await becomes(id, 'confirmed')
      await eventually(async () => {
        const { items } = await customer.get<{ items: Order[] }>('/v1/orders?limit=100')
        expect(items.map(({ id }) => id)).toEqual(expect.arrayContaining(ids))
      }, soon)
    })
  })

  test('operators see the day of all shops together', async () => {
    const { items } = await customer.get<{ items: Order[] }>('/v1/orders?limit=100')
    const day = () => keeper.get<{ orders: number; health: { deadLetters: number } }>('/v1/operations/dashboard')
    await expect.poll(async () => (await day()).orders, patience).toBeGreaterThanOrEqual(items.length)
    expect((await day()).health.deadLetters).toBe(0)
  })

  test('afterwards the books balance', async () => {
    await expect.poll(() => venue().audit(), { ...patience, interval: 1_000 }).toEqual([])
  })
}
