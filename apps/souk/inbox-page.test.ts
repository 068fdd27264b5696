import { randomUUID } from 'node:crypto'
import { accountRegistered, orderConfirmed, orderShipped, shopChanged } from '@souk/contracts'
import { createOutbox, newEvent } from '@souk/events'
import { uuidv7 } from '@souk/postgres'
import { eventually, testDatabase, testSecret } from '@souk/testing'
import { openBrowser } from '@souk/testing/browser'
import { afterAll, describe, expect, test } from 'vitest'
import { isLoopback, mayShowInbox } from './inbox.ts'
import { openMarketplace } from './marketplace.ts'
import { allServices } from './services.ts'

const database = await testDatabase(allServices)
const marketplace = await openMarketplace({
  services: allServices,
  env: {
    DATABASE_URL: database.url,
    SOUK_SECRET: testSecret,
    SOUK_DEMO: 'off',
    SOUK_ADDRESS_PER_MINUTE: '100000',
  },
  port: 0,
  inbox: true,
  onProgress: () => {},
  onFatal: () => {},
})
afterAll(async () => {
  await marketplace.stop()
  await database.close()
})
const { url } = marketplace

const nasty = `Ada <script>document.title = 'broken'</script> "Byron"`
const [ada, bob, shopId] = [uuidv7(Date.now()), uuidv7(Date.now()), uuidv7(Date.now())]

/** What the services would announce. */
async function announce(source: string, ...events: Parameters<ReturnType<typeof createOutbox>['append']>[1][]) {
  const service = marketplace.running.services.find(({ definition }) => definition.name === source)
  const outbox = createOutbox({ wake: () => marketplace.eventLog.wake(source) })
  await service?.db.transaction(async (tx) => {
    for (const each of events) await outbox.append(tx, each)
  })
}
const about = () => ({ occurredAtMs: Date.now(), correlationId: randomUUID() })

async function fill(): Promise<void> {
  const account = (accountId: string, email: string, name: string) =>
    newEvent(accountRegistered, { accountId, email, name, registeredAtMs: 1n }, about())
  await announce('identity', [account(ada, 'ada@people.example', nasty), account(bob, 'bob@people.example', 'Bob')])
  const shop = { shopId, version: 1n, name: 'Lamps & Lanterns', slug: 'lamps', ownerAccountId: bob }
  await announce('shops', [newEvent(shopChanged, shop, about())])
  const order = (customerId: string) => ({ orderId: uuidv7(Date.now()), customerId, shopId, version: 2 })
  const first = order(ada)
  await announce('orders', [
    newEvent(orderConfirmed, { ...first, confirmedAtMs: BigInt(Date.now()) }, about()),
    newEvent(orderConfirmed, { ...order(bob), confirmedAtMs: BigInt(Date.now()) }, about()),
    newEvent(
      orderShipped,
      {
        ...first,
        version: 3,
        shipmentId: uuidv7(Date.now()),
        complete: true,
        lines: [{ variantId: shopId, quantity: 2 }],
        carrier: 'DHL',
        trackingNumber: 'JD014600003',
        trackingUrl: 'https://carrier.example/JD014600003',
        shippedAtMs: BigInt(Date.now()),
      },
      about(),
    ),
  ])
  await eventually(async () => {
    const rows = await database.query('select 1 from notifications.messages')
    expect(rows).toHaveLength(3)
    expect(await database.query('select 1 from notifications.recipients')).toHaveLength(2)
    expect(await database.query('select 1 from notifications.shops')).toHaveLength(1)
  })
}

test('a developer opens the inbox, finds a message and reads it as the customer would', {
  timeout: 90_000,
}, async () => {
  await fill()
  const browser = await openBrowser()
  const shots = process.env.SOUK_SCREENSHOTS
  try {
    const page = await browser.newPage({ viewport: { width: 1200, height: 900 } })
    const complaints: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
    })
    const shoot = (name: string) => (shots ? page.screenshot({ path: `${shots}/${name}.png` }) : undefined)
    await page.goto(`${url}/`)
    await page.getByRole('link', { name: 'Inbox' }).click()
    await page.getByText('is on its way').first().waitFor()
    await shoot('list')

    await page.getByRole('link', { name: /is on its way/ }).click()
    const mail = page.frameLocator('iframe')
    await mail.getByText('with DHL, number JD014600003').waitFor()
    expect(await mail.getByRole('link', { name: 'Follow the parcel' }).getAttribute('href')).toBe(
      'https://carrier.example/JD014600003',
    )
    await shoot('mail')
    await page.getByRole('link', { name: 'Plain text' }).click()
    await page.getByText('Follow the parcel: https://carrier.example').waitFor()
    await page.getByRole('link', { name: 'Text message' }).click()
    await page.getByText('Lamps & Lanterns: 2 units of your order').waitFor()
    await shoot('sms')
    await page.getByRole('link', { name: 'Push' }).click()
    await shoot('push')

    await page.goto(`${url}/inbox`)
    await page.getByRole('textbox', { name: 'To' }).fill('bob@people.example')
    await page.getByRole('button', { name: 'Show' }).click()
    expect(await page.locator('main li').count()).toBe(1)
    await page.getByRole('combobox', { name: 'Kind' }).selectOption('order-shipped')
    await page.getByRole('button', { name: 'Show' }).click()
    await page.getByText('No message is like that.').waitFor()
    await page.getByRole('link', { name: 'Show all' }).click()

    await page.emulateMedia({ colorScheme: 'dark' })
    await page.setViewportSize({ width: 360, height: 740 })
    await shoot('dark-small-list')
    await page.getByRole('link', { name: /is on its way/ }).click()
    await mail.getByText('with DHL').waitFor()
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360)
    await shoot('dark-small-mail')
    expect(await page.title()).toBe('Inbox, Souk')
    expect(complaints).toEqual([])
  } finally {
    await browser.close()
  }
})

describe('the inbox is for this machine alone', () => {
  test('whoever comes under another name, or through a proxy, finds nothing', async () => {
    const ask = async (headers: Record<string, string>) =>
      (await marketplace.http.inject({ method: 'GET', url: '/inbox', headers, remoteAddress: '127.0.0.1' })).statusCode
    expect(await ask({ host: '127.0.0.1:7700' })).toBe(200)
    expect(await ask({ host: 'evil.example' })).toBe(404)
    expect(await ask({ host: '127.0.0.1.evil.example' })).toBe(404)
    expect(await ask({ host: 'localhost', 'x-forwarded-for': '10.0.0.1' })).toBe(404)
    const elsewhere = {
      method: 'GET',
      url: '/inbox',
      headers: { host: 'localhost' },
      remoteAddress: '10.0.0.1',
    } as const
    expect((await marketplace.http.inject(elsewhere)).statusCode).toBe(404)
  })

  test('it is shown only where others cannot reach it, and where nobody has switched it off', () => {
    const at = (SOUK_HOST: string, SOUK_INBOX?: boolean, SOUK_TRUST_PROXY = 0) => ({
      SOUK_HOST,
      SOUK_INBOX,
      SOUK_TRUST_PROXY,
    })
    expect(mayShowInbox(at('127.0.0.1'), true)).toBe(true)
    expect(mayShowInbox(at('127.0.0.1'), false)).toBe(false)
    expect(mayShowInbox(at('127.0.0.1', false), true)).toBe(false)
    expect(mayShowInbox(at('0.0.0.0', true), true)).toBe(false)
    expect(mayShowInbox(at('127.0.0.1', true, 1), true)).toBe(false)
    expect(isLoopback('localhost.evil.example')).toBe(false)
  })
})
