import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStage, type Stage } from '../sweep/stage.ts'
import { testSecret } from '@souk/testing'
import { looksRight, openBrowser, sizes, visitor } from './browser.ts'
import { openPages, stock, type World } from './stage.ts'

/** Of a whole way through the store; alone on two cores it takes 10 s. */
const patienceMs = 240_000

let stage: Stage
let world: World
let pages: Awaited<ReturnType<typeof openPages>>
let browser: Browser

beforeAll(async () => {
  stage = await openStage()
  ;[world, pages, browser] = await Promise.all([
    stock(stage.url),
    openPages({ url: stage.url, secret: testSecret }),
    openBrowser(),
  ])
}, patienceMs)
afterAll(async () => {
  await browser?.close()
  await pages?.close()
  await stage?.close()
})

const cupPath = () => `/p/${world.cup.id}/${world.cup.slug}`
const address = { name: 'Ada Berg', line1: 'Lindenstraße 4', postalCode: '10115', city: 'Berlin' }

describe('a shopper', { timeout: patienceMs }, () => {
  test('on a phone signs up, looks around, searches, buys, follows the order and sends something back', async () => {
    const { page, faults, context } = await visitor(browser, pages.url, sizes.phone)
    await page.goto('/')
    await page.getByRole('heading', { level: 1 }).waitFor()
    await looksRight(page, 'phone-home')

    await page.getByRole('link', { name: 'Sign in' }).click()
    await page.getByRole('link', { name: /Make an account/ }).click()
    await page.getByLabel('Your name').fill('Ada Berg')
    await page.getByLabel('E-mail address').fill(`ada.${Date.now()}@pages.example`)
    await page.getByLabel('Password').fill('short')
    await looksRight(page, 'phone-sign-up')
    await page.getByLabel('Password').fill('a long enough password')
    await page.getByRole('button', { name: 'Make the account' }).click()
    await page.getByRole('heading', { name: 'Hello, Ada Berg' }).waitFor()
    await looksRight(page, 'phone-account')

    const search = page.getByRole('combobox', { name: 'Search for goods' })
    await search.fill('espreso')
    await search.press('Enter')
    await page.getByRole('link', { name: 'Espresso Cup' }).waitFor()
    await looksRight(page, 'phone-search')
    await page.getByRole('link', { name: 'Espresso Cup' }).click()
    await page.getByRole('heading', { name: 'Espresso Cup', level: 1 }).waitFor()
    await page.getByRole('link', { name: /^Cobalt/ }).click()
    await page.waitForURL(/variant=/)
    await looksRight(page, 'phone-product')
    await page.getByRole('button', { name: 'Put into the cart' }).click()
    await page.getByText('In your cart.').waitFor()
    await page.getByRole('link', { name: 'To the cart' }).click()
    await page.getByRole('heading', { name: 'Your cart' }).waitFor()
    await looksRight(page, 'phone-cart')
    await page.getByRole('link', { name: 'To checkout' }).click()
    await page.getByRole('heading', { name: 'Checkout' }).waitFor()
    for (const [name, value] of Object.entries(address)) await page.locator(`[name=${name}]`).fill(value)
    await page.getByLabel('Country').selectOption('DE')
    await page.getByLabel(/^Cash on delivery/).check()
    await page.waitForLoadState('networkidle')
    await looksRight(page, 'phone-checkout')
    await page.getByRole('button', { name: 'Order and pay' }).click()
    await page.getByText('Your order is placed.').waitFor()
    const orderId = /\/orders\/([0-9a-f-]{36})/.exec(page.url())?.[1] ?? ''
    await page.getByText('It is paid, and the shop is packing it.').waitFor()
    await looksRight(page, 'phone-order')

    const { souk, id: shopId } = world.pottery
    await souk.shipOrder({ path: { shopId, orderId }, body: { carrier: 'DHL', trackingNumber: '00340' } })
    await page.getByText('It is on its way to you.').waitFor()
    await souk.recordDelivery({ path: { shopId, orderId }, body: {} })
    await page.getByText('It has arrived. Enjoy it.').waitFor()
    await page.getByRole('link', { name: 'Send something back' }).click()
    await page.getByLabel('Why?').selectOption('damaged')
    await looksRight(page, 'phone-return')
    await page.getByRole('button', { name: 'Ask to send it back' }).click()
    await page.getByText('Asked for').waitFor()

    for (const [path, name] of [
      ['/account', 'orders'],
      ['/account/addresses', 'addresses'],
      ['/account/wishlist', 'wishlist'],
      ['/account/returns', 'returns'],
      ['/account/reviews', 'reviews'],
      ['/account/preferences', 'preferences'],
    ] as const) {
      await page.goto(path, { waitUntil: 'networkidle' })
      await looksRight(page, `phone-account-${name}`)
    }
    expect(faults).toEqual([])
    await context.close()
  })

  test('at a desk orders as a guest, in German and in the dark', async () => {
    const { page, faults, context } = await visitor(browser, pages.url, { ...sizes.desktop, colorScheme: 'dark' })
    await page.goto('/de/c/tableware')
    await page.getByRole('heading', { name: 'Tableware', level: 1 }).waitFor()
    await looksRight(page, 'desktop-category-dark')
    await page.getByRole('link', { name: 'Rice Bowl' }).click()
    await page.getByRole('button', { name: 'In den Warenkorb' }).click()
    await page.getByText('Liegt im Warenkorb.').waitFor()
    await looksRight(page, 'desktop-product-dark')
    await page.getByRole('link', { name: 'Zum Warenkorb' }).click()
    await page.getByRole('heading', { name: 'Ihr Warenkorb' }).waitFor()
    await looksRight(page, 'desktop-cart-dark')
    await page.getByRole('link', { name: 'Zur Kasse' }).click()
    await page.getByLabel('E-Mail-Adresse').fill(`gast.${Date.now()}@pages.example`)
    for (const [name, value] of Object.entries(address)) await page.locator(`[name=${name}]`).fill(value)
    await page.getByLabel(/^Nachnahme/).check()
    await looksRight(page, 'desktop-checkout-dark')
    await page.getByRole('button', { name: 'Zahlungspflichtig bestellen' }).click()
    await page.getByText('Ihre Bestellung ist aufgegeben.').waitFor()
    await looksRight(page, 'desktop-order-dark')
    expect(faults).toEqual([])
    await context.close()
  })

  test('comes as far as the cart without scripts', async () => {
    const { page, context } = await visitor(browser, pages.url, { ...sizes.phone, javaScriptEnabled: false })
    await page.goto('/')
    await page.getByRole('combobox', { name: 'Search for goods' }).fill('bowl')
    await page.getByRole('combobox', { name: 'Search for goods' }).press('Enter')
    await page.getByRole('link', { name: 'Rice Bowl' }).click()
    await page.getByRole('button', { name: 'Put into the cart' }).click()
    await page.waitForURL(/\/cart$/)
    await page.getByRole('link', { name: 'Rice Bowl' }).waitFor()
    await page.getByRole('button', { name: /^Remove/ }).click()
    await page.getByText('Nothing in your cart yet.').waitFor()
    await context.close()
  })

  test('gets one of a sale with one press, and learns that the second is one too many', async () => {
    const shopper = await world.person('Bo')
    const { page, faults, context } = await visitor(browser, pages.url, sizes.desktop)
    await page.goto(`/sale/${world.sale.id}`)
    await page.getByText('5 of 5 left').waitFor()
    await looksRight(page, 'desktop-sale')
    await page.getByRole('link', { name: 'Sign in to buy' }).click()
    await page.getByLabel('E-mail address').fill(shopper.email)
    await page.getByLabel('Password').fill(shopper.password)
    await looksRight(page, 'desktop-sign-in')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL(/\/sale\//)
    await page.getByRole('radio', { name: 'Cash on delivery' }).check()
    await page.getByRole('button', { name: 'Buy one now' }).click()
    await page.getByText('It is yours!').waitFor({ timeout: 10_000 })
    await page.getByText('4 of 5 left').waitFor()
    await looksRight(page, 'desktop-sale-got')
    await page.reload()
    await page.getByRole('button', { name: 'Buy one now' }).click()
    await page.getByText('You already have yours').waitFor()
    expect(faults).toEqual([])
    await context.close()
  })
})

describe('pages', { timeout: patienceMs }, () => {
  test('show names with markup, very long ones and odd texts as what they are', async () => {
    const { page, faults, context } = await visitor(browser, pages.url, sizes.phone)
    for (const [path, name] of [
      [`/p/${world.evil.id}/evil`, 'product'],
      ['/s/odd', 'shop'],
      ['/s', 'shops'],
      ['/c/tableware', 'category'],
      [`/search?q=${encodeURIComponent('<script>window.pwned=1</script>')}`, 'search'],
      ['/', 'home'],
    ] as const) {
      await page.goto(path, { waitUntil: 'networkidle' })
      await looksRight(page, `hostile-${name}`)
      expect(await page.evaluate(() => 'pwned' in globalThis), name).toBe(false)
    }
    expect(faults).toEqual([])
    await context.close()
  })

  test('that are not there say so, at every size', async () => {
    const { page, context } = await visitor(browser, pages.url, sizes.desktop)
    for (const path of [
      '/nothing/here',
      '/p/not-an-id',
      `/p/${crypto.randomUUID()}/x`,
      '/c/nope',
      '/s/nope',
      '/de/x',
    ]) {
      const answer = await page.goto(path)
      expect(answer?.status(), path).toBe(404)
      await page.getByRole('heading', { level: 1 }).waitFor()
    }
    await looksRight(page, 'desktop-404')
    await page.goto('/sales')
    await looksRight(page, 'desktop-sales')
    await page.goto(cupPath())
    await looksRight(page, 'desktop-product')
    await context.close()
  })
})
