import { describe, test } from 'vitest'
import { runLoad } from '@souk/bench'
import { testSecret } from '@souk/testing'
import { looksRight, sizes, visitor } from './browser.ts'
import { cookiesFor, sessionOf } from './hard-times.ts'
import { patienceMs } from './journeys.ts'
import { openPages, rushUnits } from './stage.ts'
import type { Scene } from './storefront.test.ts'

/** Presses the button, and says after how many milliseconds the page said something. Plain script: it runs in the page. */
const press = `new Promise((resolve, reject) => {
  const button = [...document.querySelectorAll('button')].find((each) => each.textContent === 'Buy one now')
  const outcome = document.querySelector('[aria-live=assertive]')
  if (!button || !outcome) return reject(new Error('no button'))
  const begunAt = performance.now()
  const watch = new MutationObserver(() => {
    if (outcome.textContent === '') return
    watch.disconnect()
    resolve(performance.now() - begunAt)
  })
  watch.observe(outcome, { childList: true, subtree: true })
  button.click()
})`

const crowdSize = 600

export const saleDay = (scene: Scene) =>
  describe('on the day of a sale', { timeout: patienceMs }, () => {
    test('shoppers learn within two seconds whether they got one, while a crowd asks for the same', async ({
      expect,
    }) => {
      const { stage, world, browser } = scene
      const pages = await openPages({ url: stage.url, secret: testSecret })
      const crowd = await world.operator.makeRehearsalShoppers({ body: { count: crowdSize } })
      const shoppers = await Promise.all(
        ['Ebba', 'Finn', 'Gita'].map(async (name) => {
          const person = await world.person(name)
          const seat = await visitor(browser, pages.url, name === 'Finn' ? sizes.desktop : sizes.phone)
          await seat.context.addCookies(cookiesFor(pages, await sessionOf(pages, person)))
          await seat.page.goto(`/sale/${world.rush.id}`)
          await seat.page.getByText(`${rushUnits} of ${rushUnits} left`).waitFor()
          return seat
        }),
      )
      const load = runLoad({
        baseUrl: stage.url,
        targets: [{ path: `/v1/orders/flash-sale/${world.lamp.id}`, body: '{}' }],
        tokens: crowd.items.map(({ accessToken }) => accessToken),
        mode: { kind: 'open', ratePerSecond: 100 },
        connections: 200,
        count: crowdSize,
        seed: 7,
        keySalt: world.rush.id,
        retry: true,
      })
      const toldAfterMs = await Promise.all(shoppers.map(({ page }) => page.evaluate<number>(press)))
      // What they learned first may be that we keep asking; in the end it is yes or no.
      const got = await Promise.all(
        shoppers.map(async ({ page }) => {
          await page.getByText(/It is yours!|all of them are gone/).waitFor()
          return page.getByText('It is yours!').count()
        }),
      )
      const { accepted } = await load
      const [first] = shoppers
      await first?.page.getByText('0 of').or(first.page.getByText('All sold')).first().waitFor()
      if (first !== undefined) await looksRight(expect, first.page, 'phone-sale-rush')
      // Of three the middle one: on a busy machine one of them may have stood still.
      expect(toldAfterMs.toSorted((one, other) => one - other)[1]).toBeLessThan(2_000)
      // Everybody who was told so has one, and nobody else.
      expect(accepted + got.reduce((sum, one) => sum + one, 0)).toBe(rushUnits)
      for (const { faults, context } of shoppers) {
        expect(faults).toEqual([])
        await context.close()
      }
      await pages.close()
    })
  })
