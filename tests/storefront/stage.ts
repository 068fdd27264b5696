import { createSouk, type Souk } from '@souk/sdk'
import { ensureBuilt } from '@souk/storefront/build'
import { openStorefront } from '@souk/storefront/server'
import { eventually, testSecret } from '@souk/testing'
import { derivedSecret } from '../../apps/souk/derived-secret.ts'
import type { Scene } from './storefront.test.ts'
import { openBetween } from './between.ts'
import { operatorSignIn } from '../sweep/stage.ts'

export type Asked = { url: string; secret: string; readTimeoutMs?: number }

export type Pages = Awaited<ReturnType<typeof openPages>>

/** The pages in front of an API, in this process; what lies between the two can be disturbed. Nothing is kept yet. */
/** Patient by default: the machine may be busy with other things. */
export async function openPages({ url, secret, readTimeoutMs = 10_000 }: Asked) {
  const between = await openBetween(url)
  const storefront = await openStorefront({
    host: '127.0.0.1',
    port: 0,
    apiUrl: between.url,
    secret: 's'.repeat(40),
    forwarderSecret: derivedSecret(secret, 'forwarder'),
    build: await ensureBuilt(),
    readTimeoutMs,
  })
  return {
    url: storefront.url,
    between,
    async close() {
      await between.close()
      await storefront.close()
    },
  }
}

/** Pages that nobody has looked at yet, in front of the same marketplace. */
export async function withPages(scene: Scene, act: (pages: Pages) => Promise<void>): Promise<void> {
  const pages = await openPages({ url: scene.stage.url, secret: testSecret, readTimeoutMs: 3_000 })
  try {
    await act(pages)
  } finally {
    await pages.close()
  }
}

export type Person = { souk: Souk; email: string; password: string; accountId: string }

/** Names a shop may give and a page must bear. */
export const hostile = {
  pictures: [
    // Whoever looks would be known to a stranger; the second would be asked of ourselves.
    { url: 'https://stranger.example/pixel.png?who=you', alt: '"><script>window.pwned=1</script>' },
    { url: 'http://169.254.169.254/media/../v1/me', alt: '' },
    { url: '/v1/pictures/cup-1bf02b.svg', alt: '' },
  ],
  review: `</p><script>window.pwned=1</script><img src=x onerror="window.pwned=1"> ${'Lob'.repeat(60)}`,
  title: `<script>window.pwned=1</script><img src=x onerror="window.pwned=1"> ${'Langeswort'.repeat(18)} "'&lt;`,
  shop: `</title><script>window.pwned=1</script> ${'Ladenname'.repeat(7)}`,
  text: `</script><script>window.pwned=1</script>\n${'x'.repeat(400)}\n{{constructor.constructor('window.pwned=1')()}}`,
}

export async function stock(url: string) {
  const person = async (name: string): Promise<Person> => {
    const given = {
      email: `${name}.${crypto.randomUUID().slice(0, 8)}@pages.example`,
      password: 'goes to the market 1',
    }
    let token: string | undefined
    const souk = createSouk({ baseUrl: url, token: () => token })
    const { account } = await souk.register({ body: { ...given, name } })
    token = (await souk.logIn({ body: given })).accessToken
    return { souk, ...given, accountId: account.accountId }
  }
  const again = async ({ email, password }: { email: string; password: string }) => {
    let token: string | undefined
    const souk = createSouk({ baseUrl: url, token: () => token })
    token = (await souk.logIn({ body: { email, password } })).accessToken
    return souk
  }
  const operator = await again(operatorSignIn)
  const ware = await operator.createCategory({ body: { slug: 'tableware', title: 'Tableware' } })
  const shopOf = async (name: string, slug: string, currency: string) => {
    const owner = await person('Keeper')
    const shop = await owner.souk.registerShop({
      body: { name, slug, country: 'DE', currency, description: `${name} makes things by hand.` },
    })
    await operator.decideShopVerification({ path: { shopId: shop.id }, body: { decision: 'verify' } })
    // What one may do in a shop is in the token when it is issued.
    return { souk: await again(owner), id: shop.id, slug }
  }
  const pottery = await shopOf('Tonwerk', 'tonwerk', 'EUR')
  const odd = await shopOf(hostile.shop.slice(0, 100), 'odd', 'GBP')
  const productOf = async (
    shop: typeof pottery,
    given: {
      title: string
      slug: string
      description: string
      colours?: string[]
      priceMinor?: number
      onHand?: number
      pictures?: { url: string; alt: string }[]
    },
  ) => {
    const { colours = [] } = given
    const sku = given.slug.toUpperCase().slice(0, 20)
    const variants =
      colours.length === 0
        ? [{ sku, priceMinor: given.priceMinor ?? 2_400 }]
        : colours.map((colour, at) => ({
            sku: `${sku}-${at}`,
            priceMinor: 2_400 + at * 100,
            options: { Colour: colour },
          }))
    const product = await shop.souk.createProduct({
      body: {
        shopId: shop.id,
        title: given.title,
        slug: given.slug,
        description: given.description,
        status: 'active',
        categoryIds: [ware.id],
        ...(colours.length > 0 && { options: [{ name: 'Colour', values: colours }] }),
        pictures: given.pictures ?? [
          { url: '/v1/pictures/cup-1bf02b.svg', alt: 'A cup' },
          { url: '/v1/pictures/glass-a8485a-bd131f.svg', alt: 'A glass' },
        ],
        variants,
      },
    })
    const onHand = given.onHand ?? 50
    await eventually(
      () =>
        shop.souk.setProductInventory({
          path: { productId: product.id },
          body: { variants: product.variants.map(({ id }) => ({ variantId: id, onHand })) },
        }),
      { timeoutMs: 80_000, everyMs: 100 },
    )
    return product
  }
  const [cup, bowl, teapot, lamp, changing, evil] = await Promise.all([
    productOf(pottery, {
      title: 'Espresso Cup',
      slug: 'espresso-cup',
      description: 'Thrown and glazed by hand. Keeps coffee warm for a short while.',
      colours: ['Ash', 'Cobalt'],
    }),
    productOf(pottery, { title: 'Rice Bowl', slug: 'rice-bowl', description: 'For one.' }),
    productOf(pottery, {
      title: 'Teapot',
      slug: 'teapot',
      description: 'Pours well.',
      priceMinor: 8_900,
      onHand: 20,
    }),
    productOf(pottery, {
      title: 'Lamp',
      slug: 'lamp',
      description: 'Everybody wants it.',
      priceMinor: 7_000,
      onHand: 1_000,
    }),
    productOf(pottery, { title: 'Jug', slug: 'jug', description: 'Its price is about to change.' }),
    productOf(odd, {
      title: hostile.title.slice(0, 200),
      slug: 'evil',
      description: hostile.text,
      pictures: hostile.pictures,
    }),
  ])
  const hour = 3_600_000
  const saleOf = (product: typeof teapot, given: { priceMinor: number; units: number; startsInMs: number }) =>
    eventually(
      () =>
        pottery.souk.planSale({
          body: {
            productId: product.id,
            variantId: product.variants[0]?.id ?? '',
            priceMinor: given.priceMinor,
            startsAt: new Date(Date.now() + given.startsInMs).toISOString(),
            endsAt: new Date(Date.now() + given.startsInMs + hour).toISOString(),
            capPerCustomer: 1,
            units: given.units,
          },
        }),
      { timeoutMs: 60_000, everyMs: 100 },
    )
  const [sale, rush, later] = await Promise.all([
    saleOf(teapot, { priceMinor: 4_900, units: 5, startsInMs: -60_000 }),
    saleOf(lamp, { priceMinor: 3_000, units: rushUnits, startsInMs: -60_000 }),
    saleOf(bowl, { priceMinor: 1_900, units: 5, startsInMs: hour / 2 }),
  ])
  // What is sold is found a moment later.
  await eventually(
    async () => {
      const { total } = await operator.searchProducts({ query: { available: true } })
      if (total.count < 6) throw new Error(`${total.count} of 6 products are found`)
    },
    { timeoutMs: 120_000, everyMs: 200 },
  )
  return { operator, pottery, odd, cup, bowl, teapot, lamp, changing, evil, sale, rush, later, person }
}

/** Of the sale everybody comes to at once. */
export const rushUnits = 150

export type World = Awaited<ReturnType<typeof stock>>
