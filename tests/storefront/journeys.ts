import { describe, test } from 'vitest'
import { ifMatch } from '@souk/sdk'
import { goUntil, looksRight, sizes, visitor } from './browser.ts'
import { hostile, withPages } from './stage.ts'
import type { Scene } from './storefront.test.ts'

/** Of a whole way through the store; alone on two cores it takes 15 s, beside thirty other processes four minutes. */
export const patienceMs = 480_000
/** One grey pixel. */
const face = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAADElEQVQImWPo6OgAAAM0AZmUse0HAAAAAElFTkSuQmCC',
  'base64',
)
const address = { name: 'Ada Berg', line1: 'Lindenstraße 4', postalCode: '10115', city: 'Berlin' }

export const journeys = (scene: Scene) =>
  describe('a shopper', { timeout: patienceMs, concurrent: true }, () => {
    test('on a phone signs up, looks around, searches, buys, follows the order and sends something back', async ({
      expect,
    }) => {
      const { browser, pages, world } = scene
      const { page, faults, context } = await visitor(browser, pages.url, sizes.phone)
      await page.goto('/')
      await page.getByRole('heading', { level: 1 }).waitFor()
      await looksRight(expect, page, 'phone-home')

      await page.getByRole('link', { name: 'Sign in' }).click()
      await page.getByRole('link', { name: /Make an account/ }).click()
      await page.getByLabel('Your name').fill('Ada Berg')
      await page.getByLabel('E-mail address').fill(`ada.${Date.now()}@pages.example`)
      await page.getByLabel('Password').fill('short')
      await looksRight(expect, page, 'phone-sign-up')
      await page.getByLabel('Password').fill('a long enough password')
      await page.getByRole('button', { name: 'Make the account' }).click()
      await page.getByRole('heading', { name: 'Hello, Ada Berg' }).waitFor()
      await looksRight(expect, page, 'phone-account')

      const search = page.getByRole('combobox', { name: 'Search for goods' })
      await search.fill('espreso')
      await search.press('Enter')
      await page.getByRole('link', { name: 'Espresso Cup' }).waitFor()
      await page.locator('summary', { hasText: 'Filters' }).click()
      await page
        .getByRole('link', { name: /^Tableware/ })
        .last()
        .click()
      await page.waitForURL(/category=tableware/)
      await page.getByRole('link', { name: 'Espresso Cup' }).waitFor()
      await looksRight(expect, page, 'phone-search')
      await page.getByRole('link', { name: 'Espresso Cup' }).click()
      await page.getByRole('heading', { name: 'Espresso Cup', level: 1 }).waitFor()
      await page.getByRole('link', { name: /^Cobalt/ }).click()
      await page.waitForURL(/variant=/)
      await looksRight(expect, page, 'phone-product')
      await page.getByRole('button', { name: 'Keep for later' }).click()
      await page.getByRole('button', { name: 'Kept for later' }).waitFor()
      await page.getByRole('button', { name: 'Put into the cart' }).click()
      await page.getByText('In your cart.').waitFor()
      await page.getByRole('link', { name: 'To the cart' }).click()
      await page.getByRole('heading', { name: 'Your cart' }).waitFor()
      await page.getByLabel('Quantity: Espresso Cup').selectOption('2')
      await page.getByText('€50.00').first().waitFor()
      await looksRight(expect, page, 'phone-cart')
      await page.getByRole('link', { name: 'To checkout' }).click()
      await page.getByRole('heading', { name: 'Checkout' }).waitFor()
      for (const [name, value] of Object.entries(address)) await page.locator(`[name=${name}]`).fill(value)
      await page.getByLabel('Country').selectOption('DE')
      await page.waitForURL(/country=DE/)
      await page.getByLabel('Voucher').fill('NOT-A-VOUCHER')
      await page.getByRole('button', { name: 'Use' }).click()
      await page.getByText(/^NOT-A-VOUCHER:/).waitFor()
      await page.getByLabel(/^Cash on delivery/).check()
      await looksRight(expect, page, 'phone-checkout')
      await page.getByRole('button', { name: 'Order and pay' }).click()
      await page.getByText('Your order is placed.').waitFor()
      const orderId = /\/orders\/([0-9a-f-]{36})/.exec(page.url())?.[1] ?? ''
      await page.getByText('The shop is packing it. You pay whoever brings it.').waitFor()
      await looksRight(expect, page, 'phone-order')

      const { souk, id: shopId } = world.pottery
      await souk.shipOrder({ path: { shopId, orderId }, body: { carrier: 'DHL', trackingNumber: '00340' } })
      await page.getByText('It is on its way to you.').waitFor()
      await souk.recordDelivery({ path: { shopId, orderId }, body: {} })
      await page.getByText('It has arrived. Enjoy it.').waitFor()
      await page.getByRole('link', { name: 'Send something back' }).click()
      await page.getByLabel('Why?').selectOption('damaged')
      await looksRight(expect, page, 'phone-return')
      await page.getByRole('button', { name: 'Ask to send it back' }).click()
      await page.getByText('Asked for').waitFor()

      // Who is known is told what it costs, delivery to the address that is known with it, before it can be ordered.
      await page.goto(`/p/${world.cup.id}/espresso-cup`)
      await page.getByRole('button', { name: 'Put into the cart' }).click()
      await page.getByText('In your cart.').waitFor()
      await page.goto('/checkout')
      await page.getByText('10115 Berlin, Germany').waitFor()
      await page.getByRole('button', { name: 'Order and pay' }).waitFor()

      // Only whoever bought may write; what is written is shown as what it is.
      await goUntil(page, '/account/reviews', () => page.getByText('Write a review'))
      await page.getByText('Write a review').click()
      await page.getByLabel('What was it like?').fill(hostile.review)
      await looksRight(expect, page, 'phone-account-reviews')
      await page.getByRole('button', { name: 'Send the review' }).click()
      await page.getByText('Thank you.').waitFor()
      const [review] = (await world.operator.listReviewsToModerate()).items
      await world.operator.approveReview({ path: { reviewId: review?.id ?? '' }, ...ifMatch(review?.version ?? 0) })
      await withPages(scene, async ({ url }) => {
        const reader = await visitor(browser, url, sizes.phone)
        await goUntil(reader.page, `/p/${world.cup.id}/espresso-cup`, (shown) =>
          shown.getByText('<script>window.pwned=1</script>'),
        )
        await looksRight(expect, reader.page, 'hostile-review')
        expect(await reader.page.evaluate("'pwned' in globalThis")).toBe(false)
        expect(reader.faults).toEqual([])
        await reader.context.close()
      })

      for (const name of ['addresses', 'wishlist', 'returns', 'messages', 'preferences', 'profile', 'close']) {
        await page.goto(`/account/${name}`)
        await looksRight(expect, page, `phone-account-${name}`)
        if (name === 'addresses') await page.getByText('Lindenstraße 4').waitFor()
        if (name === 'wishlist') await page.getByRole('link', { name: 'Espresso Cup' }).waitFor()
        if (name === 'messages') {
          await page.getByLabel('An order is on its way').selectOption('account')
          await page.getByRole('button', { name: 'Save' }).click()
          await page.getByText('Saved.').waitFor()
        }
        if (name === 'profile') {
          await page.getByLabel('Your picture').setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer: face })
          await page.getByRole('button', { name: 'Use this picture' }).click()
          await page.getByText('Saved.').waitFor()
          await page.locator('img[src^="/media/"]').first().waitFor()
          await page.getByLabel('Gender (optional)').fill('Woman')
          await page.getByLabel('Phone (optional)').fill('call me')
          await page.getByRole('button', { name: 'Save' }).click()
          await page.getByText('Write the number with its country').waitFor()
        }
      }
      const { email } = await world.operator.getCustomer({ path: { customerId: review?.customerId ?? '' } })
      await page.getByLabel('Password').fill('a long enough password')
      await page.getByRole('button', { name: 'Close it for good' }).click()
      await page.waitForURL((url) => url.pathname === '/')
      await page.goto('/sign-in')
      await page.getByLabel('E-mail address').fill(email ?? '')
      await page.getByLabel('Password').fill('a long enough password')
      await page.getByRole('main').getByRole('button', { name: 'Sign in' }).click()
      await page.getByText('do not go together').waitFor()
      expect(faults).toEqual([])
      await context.close()
    })

    test('at a desk orders as a guest, in German and in the dark', async ({ expect }) => {
      const { browser, pages } = scene
      const { page, faults, context } = await visitor(browser, pages.url, { ...sizes.desktop, colorScheme: 'dark' })
      await page.goto('/de/c/tableware')
      await page.getByRole('heading', { name: 'Tableware', level: 1 }).waitFor()
      await looksRight(expect, page, 'desktop-category')
      await page.getByRole('link', { name: 'Rice Bowl' }).click()
      await page.getByRole('button', { name: 'In den Warenkorb' }).click()
      await page.getByText('Liegt im Warenkorb.').waitFor()
      await looksRight(expect, page, 'desktop-product')
      await page.getByRole('link', { name: 'Zum Warenkorb' }).click()
      await page.getByRole('heading', { name: 'Ihr Warenkorb' }).waitFor()
      await looksRight(expect, page, 'desktop-cart')
      await page.getByRole('link', { name: 'Zur Kasse' }).click()
      await page.getByLabel('E-Mail-Adresse').fill(`gast.${Date.now()}@pages.example`)
      for (const [name, value] of Object.entries(address)) await page.locator(`[name=${name}]`).fill(value)
      await page.getByLabel(/^Nachnahme/).check()
      await looksRight(expect, page, 'desktop-checkout')
      await page.getByRole('button', { name: 'Zahlungspflichtig bestellen' }).click()
      await page.getByText('Ihre Bestellung ist aufgegeben.').waitFor()
      await looksRight(expect, page, 'desktop-order')
      expect(faults).toEqual([])
      await context.close()
    })

    test('sees in the cart what has changed since it was filled, and prices also in the currency one thinks in', async ({
      expect,
    }) => {
      const { browser, pages, world } = scene
      const { page, faults, context } = await visitor(browser, pages.url, sizes.desktop)
      await page.goto(`/p/${world.changing.id}/${world.changing.slug}`)
      await page.getByLabel('Also show prices in').selectOption('JPY')
      await page
        .getByText(/about JP¥/)
        .first()
        .waitFor()
      await page.getByRole('button', { name: 'Put into the cart' }).click()
      await page.getByText('In your cart.').waitFor()
      const [variant] = world.changing.variants
      await world.pottery.souk.setPrice({
        path: { productId: world.changing.id, variantId: variant?.id ?? '' },
        body: { priceMinor: 7_000 },
      })
      await goUntil(page, '/cart', () => page.getByText('Jug now costs €70.00 (it was €24.00).'))
      await looksRight(expect, page, 'desktop-cart-changed')
      expect(faults).toEqual([])
      await context.close()
    })

    test('comes as far as the cart without scripts', async ({ expect }) => {
      const { browser, pages, world } = scene
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
      await page.goto(`/sale/${world.sale.id}`)
      await page.getByRole('button', { name: 'Put into the cart' }).click()
      await page.getByRole('link', { name: 'Teapot' }).waitFor()
      expect(await page.getByText('€49.00').count()).toBeGreaterThan(0)
      await context.close()
    })

    test('gets one of a sale with one press, and learns that the second is one too many', async ({ expect }) => {
      const { browser, pages, world } = scene
      const shopper = await world.person('Bo')
      const { page, faults, context } = await visitor(browser, pages.url, sizes.desktop)
      await page.goto(`/sale/${world.sale.id}`)
      await page.getByText('5 of 5 left').waitFor()
      await looksRight(expect, page, 'desktop-sale')
      await page.getByRole('link', { name: 'Sign in to buy' }).click()
      await page.getByLabel('E-mail address').fill(shopper.email)
      await page.getByLabel('Password').fill(shopper.password)
      await looksRight(expect, page, 'desktop-sign-in')
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.waitForURL(/\/sale\//)
      await page.getByRole('radio', { name: 'Cash on delivery' }).check()
      await page.getByRole('button', { name: 'Buy one now' }).click()
      await page.getByText('It is yours!').waitFor()
      await page.getByText('4 of 5 left').waitFor()
      await looksRight(expect, page, 'desktop-sale-got')
      await page.reload()
      await page.getByRole('button', { name: 'Buy one now' }).click()
      await page.getByText('You already have yours').waitFor()
      expect(faults).toEqual([])
      await context.close()
    })
  })
