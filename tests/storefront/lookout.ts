import { describe, test } from 'vitest'
import { eventually } from '@souk/testing'
import { pricesIn } from './between.ts'
import { goUntil, knownPrices, looksRight, sizes, visitor } from './browser.ts'
import { patienceMs } from './journeys.ts'
import type { Scene } from './storefront.test.ts'

export const lookout = (scene: Scene) =>
  describe('pages', { timeout: patienceMs, concurrent: true }, () => {
    test('show names and pictures with markup, very long ones and odd ones as what they are', async ({ expect }) => {
      const { browser, pages, world } = scene
      const { page, faults, context } = await visitor(browser, pages.url, sizes.phone)
      for (const [path, name] of [
        [`/p/${world.evil.id}/evil`, 'product'],
        ['/s/odd', 'shop'],
        ['/s', 'shops'],
        ['/c/tableware', 'category'],
        [`/search?q=${encodeURIComponent('<script>window.pwned=1</script>')}`, 'search'],
        ['/', 'home'],
      ] as const) {
        await page.goto(path)
        await looksRight(expect, page, `hostile-${name}`)
        expect(await page.evaluate(() => 'pwned' in globalThis), name).toBe(false)
      }
      expect(faults).toEqual([])
      await context.close()
    })

    test('that are not there say so', async ({ expect }) => {
      const { browser, pages } = scene
      const { page, context } = await visitor(browser, pages.url, sizes.desktop)
      for (const path of [
        '/nothing/here',
        '/p/not-an-id',
        `/p/${crypto.randomUUID()}/x`,
        '/c/nope',
        '/s/nope',
        '/de/x',
      ]) {
        const answer = await fetch(pages.url + path)
        expect(answer.status, path).toBe(404)
        expect(await answer.text()).toContain('<h1')
      }
      await page.goto('/nothing/here')
      await looksRight(expect, page, 'desktop-404')
      await context.close()
    })

    test('of sales show what runs and what comes, on the way from the start to the sale', async ({ expect }) => {
      const { browser, pages, world } = scene
      const { page, faults, context } = await visitor(browser, pages.url, sizes.desktop)
      await goUntil(page, '/', () => page.getByText('Starts in'))
      await page.getByText('Ends in').first().waitFor()
      await looksRight(expect, page, 'desktop-home')
      await page.getByRole('navigation').getByRole('link', { name: 'Sales' }).first().click()
      await page.getByRole('heading', { name: 'Sales', level: 1 }).waitFor()
      await looksRight(expect, page, 'desktop-sales')
      await page.getByRole('link', { name: 'Rice Bowl' }).click()
      await page.waitForURL(`**/sale/${world.later.id}`)
      await page.getByText('Starts in').waitFor()
      await looksRight(expect, page, 'desktop-sale-ahead')
      expect(faults).toEqual([])
      await context.close()
    })

    test('propose words while one types, and can be used by keyboard alone', async ({ expect }) => {
      const { browser, pages } = scene
      const { page, faults, context } = await visitor(browser, pages.url, sizes.desktop)
      await goUntil(page, '/search', () => page.getByRole('link', { name: /^Tonwerk/ }))
      await looksRight(expect, page, 'desktop-search')
      await page.keyboard.press('Tab')
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content')
      await page.getByRole('combobox', { name: 'Search for goods' }).focus()
      await page.keyboard.type('espr')
      await page.getByRole('option').first().waitFor()
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('Enter')
      await page.waitForURL(/\/p\/|q=espresso/)
      expect(await page.getByRole('combobox', { name: 'Search for goods' }).getAttribute('aria-expanded')).toBe('false')
      expect(faults).toEqual([])
      await context.close()
    })

    test('may be kept by whoever stands between, and are not sent again when nothing has changed', async ({
      expect,
    }) => {
      const { pages, world } = scene
      for (const path of [`/p/${world.cup.id}/${world.cup.slug}`, `/sale/${world.later.id}`]) {
        const first = await fetch(pages.url + path, { headers: { cookie: 'souk_session=somebody' } })
        expect(first.headers.get('cache-control'), path).toMatch(/^public, .*s-maxage=\d+, stale-while-revalidate=\d+/)
        expect(first.headers.get('set-cookie')).toBeNull()
        await first.text()
        await eventually(async () => {
          const now = await fetch(pages.url + path)
          const etag = now.headers.get('etag') ?? ''
          await now.text()
          const again = await fetch(pages.url + path, { headers: { 'if-none-match': etag } })
          expect(again.status).toBe(304)
        })
      }
      for (const path of ['/cart', '/account', '/checkout'])
        expect((await fetch(pages.url + path, { redirect: 'manual' })).headers.get('cache-control'), path).toMatch(
          /no-store/,
        )
    })

    test('take no form that another site sends', async ({ expect }) => {
      const { pages, world } = scene
      const body = new URLSearchParams({ intent: 'add', variantId: world.bowl.variants[0]?.id ?? '', quantity: '1' })
      for (const headers of [{ origin: 'https://elsewhere.example' }, { 'sec-fetch-site': 'cross-site' }, {}])
        expect((await fetch(`${pages.url}/cart`, { method: 'POST', body, headers })).status).toBe(403)
    })

    test('never tell the marketplace a price, whatever a browser says', async ({ expect }) => {
      const { pages, world } = scene
      const variantId = world.bowl.variants[0]?.id ?? ''
      await fetch(`${pages.url}/cart`, {
        method: 'POST',
        headers: { origin: pages.url },
        body: new URLSearchParams({ intent: 'add', variantId, quantity: '1', priceMinor: '1', unitPriceMinor: '1' }),
      })
      await fetch(`${pages.url}/buy/${world.teapot.id}`, {
        method: 'POST',
        headers: { origin: pages.url, 'content-type': 'application/json' },
        body: JSON.stringify({ key: crypto.randomUUID(), variantId, priceMinor: 1, totalMinor: 1 }),
      })
      const { sent } = pages.between
      expect(sent.length).toBeGreaterThan(0)
      const said = sent.flatMap(({ method, path, body }) =>
        pricesIn(body, knownPrices).map((what) => `${method} ${path}: ${what}`),
      )
      expect(said).toEqual([])
    })
  })
