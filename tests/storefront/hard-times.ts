import { describe, test } from 'vitest'
import type { Trouble } from './between.ts'
import { looksRight, picture, sizes, visitor } from './browser.ts'
import { patienceMs } from './journeys.ts'
import { type Pages, type Person, withPages } from './stage.ts'
import type { Scene } from './storefront.test.ts'

/** Everything the order service answers. */
const orders = /^\w+ \/v1\/(orders|products\/[^/]+\/flash-sale|sales\/[^/]+\/remaining)/
const everything = /./

/** What a browser would send from then on. */
export async function sessionOf(pages: Pages, { email, password }: Person): Promise<string> {
  const answer = await fetch(`${pages.url}/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: pages.url },
    body: new URLSearchParams({ email, password }),
  })
  return answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')
}

export const cookiesFor = (pages: Pages, session: string) =>
  session.split('; ').map((pair) => {
    const at = pair.indexOf('=')
    return { name: pair.slice(0, at), value: pair.slice(at + 1), url: pages.url }
  })

export const hardTimes = (scene: Scene) =>
  describe('in hard times', { timeout: patienceMs, concurrent: true }, () => {
    for (const trouble of ['away', 'busy', 'hang'] as const)
      test(`products and sales are shown when the order service is ${words[trouble]}`, ({ expect }) =>
        withPages(scene, async (pages) => {
          const { world } = scene
          pages.between.trouble(orders, trouble)
          for (const [path, text] of [
            [`/p/${world.cup.id}/${world.cup.slug}`, 'Espresso Cup'],
            [`/p/${world.teapot.id}/${world.teapot.slug}`, 'The sale is on'],
            [`/sale/${world.rush.id}`, 'Lamp'],
            ['/sales', 'Lamp'],
            ['/', 'Rice Bowl'],
            ['/search?q=cup', 'Espresso Cup'],
          ] as const) {
            const answer = await fetch(pages.url + path)
            expect(answer.status, path).toBe(200)
            expect(await answer.text(), path).toContain(text)
          }
        }))

    test('what stands beside a product and does not come is left out', ({ expect }) =>
      withPages(scene, async (pages) => {
        const { world } = scene
        pages.between.trouble(/\/v1\/(categories|ratings|products\/[^/]+\/(reviews|rating|availability)|sales)/, 'hang')
        const begunAt = performance.now()
        const answer = await fetch(`${pages.url}/p/${world.cup.id}/${world.cup.slug}`)
        expect(answer.status).toBe(200)
        expect(await answer.text()).toContain('Put into the cart')
        // Two waits of 0.7 s, one after the other; the rest is for a busy machine.
        expect(performance.now() - begunAt).toBeLessThan(6_000)
      }))

    test('a press on the button of a sale gets no answer, is asked again under the same key, and orders once', ({
      expect,
    }) =>
      withPages(scene, async (pages) => {
        const { browser, world } = scene
        const shopper = await world.person('Cleo')
        const { page, context } = await visitor(browser, pages.url, sizes.phone)
        await context.addCookies(cookiesFor(pages, await sessionOf(pages, shopper)))
        await page.goto(`/sale/${world.sale.id}`)
        pages.between.trouble(orders, 'hang')
        await page.getByRole('button', { name: 'Buy one now' }).click()
        await page.getByText('Very many ask at once. We keep asking for you.').waitFor()
        await picture(page, 'phone-sale-busy')
        pages.between.mend()
        await page.getByText('It is yours!').waitFor()
        await looksRight(expect, page, 'phone-sale-got')
        expect((await shopper.souk.listMyOrders()).items).toHaveLength(1)
        await context.close()
      }))

    test('a page that cannot be says so, and comes by itself when it can', ({ expect }) =>
      withPages(scene, async (pages) => {
        const { browser, world } = scene
        const { page, context } = await visitor(browser, pages.url, sizes.phone)
        pages.between.trouble(everything, 'busy')
        await page.goto(`/p/${world.cup.id}/${world.cup.slug}`)
        await page.getByRole('heading', { name: 'Very many are here at once.' }).waitFor()
        await looksRight(expect, page, 'phone-busy')
        pages.between.mend()
        await page.getByRole('heading', { name: 'Espresso Cup' }).waitFor()
        await context.close()
      }))

    test('every page bears failing, foreign and empty answers, and tells nothing of our insides', ({ expect }) =>
      withPages(scene, async (pages) => {
        const { world } = scene
        const cookie = await sessionOf(pages, await world.person('Dora'))
        const headers = { cookie, origin: pages.url }
        const fill = new URLSearchParams({ intent: 'add', variantId: world.bowl.variants[0]?.id ?? '', quantity: '1' })
        const filled = await fetch(`${pages.url}/cart`, { method: 'POST', headers, body: fill, redirect: 'manual' })
        const withCart = filled.headers.getSetCookie().map((line) => line.split(';')[0])
        const everybodys = [
          '/',
          '/c/tableware',
          '/search?q=cup',
          `/p/${world.cup.id}/${world.cup.slug}`,
          '/s',
          '/s/tonwerk',
          '/sales',
          `/sale/${world.sale.id}`,
        ]
        const theirs = [
          '/cart',
          '/checkout',
          '/account',
          '/account/addresses',
          '/account/wishlist',
          '/account/returns',
          '/account/reviews',
          '/account/messages',
          '/account/preferences',
          '/account/profile',
          `/orders/${crypto.randomUUID()}`,
        ]
        const lists = everybodys.filter((path) => !/^\/(p|sale)\//.test(path))
        for (const [trouble, statuses] of [
          ['busy', [503]],
          ['away', [503]],
          ['broken', [500]],
          ['garbage', [503]],
          ['empty', [200, 404]],
        ] as const) {
          pages.between.trouble(everything, trouble)
          const asked = trouble === 'empty' ? lists : [...everybodys, ...theirs]
          await Promise.all(
            asked.map(async (path) => {
              // A question of its own each time: nothing is kept of it.
              const answer = await fetch(`${pages.url}${path}${path.includes('?') ? '&' : '?'}${trouble}`, {
                headers: { cookie: withCart.join('; ') },
                redirect: 'manual',
              })
              const html = await answer.text()
              expect.soft(statuses as readonly number[], `${path}, ${trouble}`).toContain(answer.status)
              expect.soft(html, `${path}, ${trouble}`).toContain('<h1')
              expect.soft(html, `${path}, ${trouble}`).not.toMatch(/secret\.ts|TypeError|undefined<|NaN/)
            }),
          )
          pages.between.mend()
        }
      }))

    test('a picture that is none is not passed on', ({ expect }) =>
      withPages(scene, async (pages) => {
        pages.between.trouble(/\/media\//, 'garbage')
        const answer = await fetch(`${pages.url}/media/x/w640.webp`)
        expect(answer.status).toBe(404)
        expect(await answer.text()).toBe('')
        const drawn = await fetch(`${pages.url}/v1/pictures/cup-1bf02b.svg`)
        expect(drawn.headers.get('content-security-policy')).toContain('sandbox')
        expect(drawn.headers.get('x-content-type-options')).toBe('nosniff')
      }))
  })

const words: Readonly<Partial<Record<Trouble, string>>> = {
  away: 'away',
  busy: 'busy',
  hang: 'there but does not answer',
}
