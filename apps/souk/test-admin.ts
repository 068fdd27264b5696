import { randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startTestProvider, testProviderSecrets } from '@souk/stand-ins'
import { eventually, testDatabase, testSecret } from '@souk/testing'
import { openBrowser } from '@souk/testing/browser'
import type { Browser, Locator, Page } from 'playwright-core'
import { onTestFailed } from 'vitest'
import { builtAdmin } from './admin-build.ts'
import { type Api, createApi } from './api.ts'
import { openMarketplace } from './marketplace.ts'
import type { SignIn } from './running.ts'
import { ensureOperator } from './seed/operator.ts'
import { allServices } from './services.ts'

export const operator = { email: 'operator@admin.example', password: 'runs the whole bazaar 77' }
const password = 'a good long password 42'
/** What somebody might call a shop or a product, who means harm or writes from right to left. */
export const hostile = `<img src=x onerror="window.__broken=1"> \u202Eexe.\u202C {{7*7}} ${'W'.repeat(60)}`

export type Stage = Awaited<ReturnType<typeof openStage>>

/** A marketplace with a shop that sells, another that waits to be verified, and people who work and buy. */
export async function openStage() {
  const folder = await mkdtemp(join(tmpdir(), 'souk-admin-'))
  const secrets = testProviderSecrets(testSecret)
  const [database, admin, provider] = await Promise.all([
    testDatabase(allServices),
    builtAdmin(),
    startTestProvider({ folder, port: 0, secrets }),
  ])
  const marketplace = await openMarketplace({
    services: allServices,
    env: {
      DATABASE_URL: database.url,
      SOUK_SECRET: testSecret,
      SOUK_DEMO: 'off',
      SOUK_TEST_PROVIDER_URL: provider.url,
      SOUK_LOG_LEVEL: 'error',
      SOUK_ADDRESS_PER_MINUTE: '1000000',
      SOUK_ACCOUNT_PER_MINUTE: '1000000',
      SOUK_AUTH_PER_MINUTE: '1000000',
      SOUK_OPERATOR_EMAIL: operator.email,
      SOUK_OPERATOR_PASSWORD: operator.password,
    },
    port: 0,
    admin: Promise.resolve(admin),
    onProgress: () => {},
    onFatal: () => {},
    beforeOpening: async (house) => void (await ensureOperator(house, house.settings)),
  })
  const { url } = marketplace
  const asOperator = createApi(url)
  await asOperator.signIn(operator)
  const person = async (name: string) => {
    const who = { email: `${name}@admin.example`, password }
    const api = createApi(url)
    const { account } = await api.post<{ account: { accountId: string } }>('/v1/auth/register', {
      ...who,
      name: `${name} of the tests`,
    })
    await api.signIn(who)
    return { ...who, api, accountId: account.accountId }
  }
  const [owner, helper, applicant, shopper] = await Promise.all(['owner', 'helper', 'applicant', 'shopper'].map(person))
  if (!owner || !helper || !applicant || !shopper) throw new Error('nobody came')

  const shop = await owner.api.post<{ id: string; name: string }>('/v1/shops', {
    name: 'Lamps & Lanterns',
    country: 'DE',
    currency: 'EUR',
  })
  await owner.api.refresh()
  await asOperator.post(`/v1/shops/${shop.id}/verification`, { decision: 'verify' })
  const waiting = await applicant.api.post<{ id: string }>('/v1/shops', {
    name: hostile.slice(0, 78),
    slug: 'waits-for-somebody',
    country: 'DE',
    currency: 'EUR',
  })
  await applicant.api.refresh()
  await applicant.api.post(`/v1/shops/${waiting.id}/verification/request`, {})
  await owner.api.put(`/v1/shops/${shop.id}/members/${helper.accountId}`, { owner: false, duties: ['inventory'] })
  await asOperator.post(`/v1/wallets/${shopper.accountId}/credits`, {
    amountMinor: 1_000_000,
    currency: 'EUR',
    note: 'to buy with',
  })
  const product = await stocked(owner.api, shop.id, 'Storm lantern', 'LANTERN')
  const nasty = await stocked(owner.api, shop.id, hostile, 'HARM')
  /** Order one; by card it waits until the money comes. */
  const order = async (variantId: string, paymentMethod: 'wallet' | 'card'): Promise<string> => {
    const body = { lines: [{ variantId, quantity: 1 }], paymentMethod }
    return (await eventually(() => shopper.api.post<{ id: string }>('/v1/orders', body))).id
  }
  /** Buy one and pay from the wallet; resolves once the order is confirmed. */
  const buy = async (variantId: string): Promise<string> => {
    const id = await order(variantId, 'wallet')
    await eventually(async () => {
      const { status } = await shopper.api.get<{ status: string }>(`/v1/orders/${id}`)
      if (status !== 'confirmed') throw new Error(`it is ${status}`)
    })
    return id
  }
  const browser = await openBrowser()
  return {
    url,
    database,
    marketplace,
    browser,
    asOperator,
    owner,
    helper,
    applicant,
    shopper,
    shop,
    waiting,
    product,
    nasty,
    order,
    buy,
    async close() {
      await browser.close()
      await marketplace.stop()
      await provider.stop()
      await database.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

type Product = { id: string; title: string; variants: { id: string; sku: string }[] }

async function stocked(api: Api, shopId: string, title: string, sku: string): Promise<Product & { variantId: string }> {
  const product = await api.post<Product>('/v1/products', {
    shopId,
    title,
    description: title,
    status: 'active',
    variants: [{ sku, priceMinor: 1999 }],
  })
  await eventually(() => api.put(`/v1/products/${product.id}/inventory`, { onHand: 500 }))
  return { ...product, variantId: product.variants[0]?.id ?? '' }
}

/** So many people at the sale of a product at once, one unit each. @returns how many got one. */
export async function sendCrowd({ url, asOperator }: Stage, productId: string, count: number) {
  const people = await asOperator.post<{ items: { accessToken: string }[] }>('/v1/identity/rehearsal-shoppers', {
    count,
  })
  const tally = { placed: 0, refused: 0 }
  const order = ({ accessToken }: { accessToken: string }): Promise<void> => {
    const headers = {
      authorization: `Bearer ${accessToken}`,
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
    }
    // A busy marketplace asks for patience; whoever asks again with the same key orders once.
    return eventually(
      async () => {
        const answer = await fetch(`${url}/v1/orders/flash-sale/${productId}`, { method: 'POST', headers, body: '{}' })
        await answer.arrayBuffer()
        if (answer.status === 201) tally.placed += 1
        else if (answer.status === 409) tally.refused += 1
        else throw new Error(`an order was answered with ${answer.status}`)
      },
      { everyMs: 500 },
    )
  }
  const queue = [...people.items]
  const buyer = async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) await order(next)
  }
  await Promise.all(Array.from({ length: 8 }, buyer))
  return tally
}

/** The step an order waits for failed so often that a person should look; and an event nobody could take. */
export async function breakThings({ database }: Stage, orderId: string): Promise<string> {
  await eventually(async () => {
    const stuck = await database.query(
      `update orders.order_steps
          set state = 'stuck', attempts = 9, next_at = now() + interval '1 hour', fence = fence + 1,
              reason = 'unavailable', detail = 'the provider was down for an hour'
        where order_id = $1 and state = 'pending' returning order_id`,
      [orderId],
    )
    if (stuck.length !== 1) throw new Error('no step of it waits yet')
  })
  const letterId = randomUUID()
  await database.query(
    `insert into orders.dead_letters (id, consumer, source, shard, xid, seq, index, event_id, type, topic, key,
                                      schema_version, envelope, cause, attempts, parked_at)
     values ($1, 'orders.products', 'catalog', 'home', '1', 1, 0, 'e1', 'catalog.product_changed', 'catalog.product', 'k', 1, '\\x00',
            $2, 5, now())`,
    [letterId, `it was unreadable: ${hostile}`],
  )
  return letterId
}

const shots = fileURLToPath(new URL('../../.cache/screenshots/admin/', import.meta.url))

/** Figures of a run, kept beside the pictures. */
export const note = (name: string, figures: object) =>
  writeFileSync(`${shots}${name}.json`, `${JSON.stringify(figures, null, 2)}\n`)

const axe = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Every screen there is: a name for its pictures, and its address. */
export function screensOf({ shop, waiting, nasty }: Stage, orderId: string): (readonly [name: string, path: string])[] {
  const ofShop = [
    '',
    'orders',
    'to-ship',
    'returns',
    'payments',
    'reports',
    'products',
    'products/new',
    'products/csv',
    'sales',
  ]
  const more = ['promotions', 'stock', 'reviews', 'messages', 'members', 'settings']
  const ofMarket = ['', 'reports', 'shops', 'stuck', 'customers', 'reviews', 'categories', 'money', 'inbox', 'accounts']
  const behind = ['dead-letters', 'jobs', 'settings', 'audit', 'trail', 'me', 'design']
  const named = (path: string) => path.replaceAll('/', '-') || 'today'
  return [
    ...[...ofMarket, ...behind].map((path) => [`market-${named(path)}`, `/${path}`] as const),
    ...[...ofShop, ...more].map((path) => [`shop-${named(path)}`, `/s/${shop.id}/${path}`.replace(/\/$/, '')] as const),
    ['order', `/orders/${orderId}`],
    ['product', `/products/${nasty.id}`],
    ['hostile-shop-settings', `/s/${waiting.id}/settings`],
    ['hostile-shop-orders', `/s/${waiting.id}/orders`],
  ]
}

/** How the marketplace answers what a screen asks. */
export type Mood = 'failing' | 'slow' | 'empty'

/** What is on its way; the specimens of the design system are so for ever. */
const underWay = '#content :is([role=grid][aria-busy=true], .animate-shimmer):not([data-specimen] *)'

export type Visit = {
  page: Page
  /** What the browser complained of. */
  complaints: string[]
  goTo(path: string): Promise<void>
  /** Go on to another screen, without loading the page anew. @returns whether it says how it stands in such a mood. */
  step(path: string, mood?: Mood): Promise<boolean>
  /** From now on what screens ask is answered so. */
  mind(mood: Mood): Promise<void>
  /** Keep a picture of what is seen. */
  shoot(name: string): Promise<void>
  /** What WCAG 2.2 AA has against the screen that is seen. */
  barriers(): Promise<string[]>
  close(): Promise<void>
}

export type Look = { width: 390 | 1280; scheme: 'light' | 'dark' }

/** Somebody in front of a browser, signed in to the admin. */
export async function visit(stage: { url: string; browser: Browser }, who: SignIn, look: Look): Promise<Visit> {
  const phone = look.width < 600
  const context = await stage.browser.newContext({
    viewport: { width: look.width, height: phone ? 844 : 900 },
    colorScheme: look.scheme,
    hasTouch: phone,
    isMobile: phone,
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  // A busy machine may stand still for some seconds.
  page.setDefaultTimeout(25_000)
  onTestFailed(async () => void (await page.screenshot({ path: `${shots}failed-${Date.now()}.png` }).catch(() => {})))
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  await page.goto(`${stage.url}/admin/`)
  await page.getByLabel('E-mail').fill(who.email)
  await page.getByLabel('Password').fill(who.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('main').and(page.locator('#content')).waitFor()
  mkdirSync(shots, { recursive: true })
  return {
    page,
    complaints,
    async goTo(path) {
      await page.goto(`${stage.url}/admin${path}`)
      await page.locator('#content h1').waitFor()
      // What is on its way has come.
      await page.locator(underWay).first().waitFor({ state: 'detached' })
    },
    async step(path, mood) {
      const to = JSON.stringify(`/admin${path}`)
      // What stands there now is told from what comes: the next screen is fetched before the last one goes.
      await page.evaluate(`if (location.pathname !== ${to}) {
        for (const each of document.querySelectorAll('#content > *')) each.dataset.before = ''
        history.pushState(null, '', ${to})
      }`)
      const screen = page.locator('#content > :not([data-before])')
      const says = {
        failing: '[role=alert], [role=status]:has-text("As of ")',
        slow: ':is([role=grid][aria-busy=true], .animate-shimmer):not([data-specimen] *)',
        empty: 'h1',
      }
      if (mood !== undefined) return saysSo(screen.locator(says[mood]))
      await screen.locator('h1').first().waitFor()
      await page.locator(underWay).first().waitFor({ state: 'detached' })
      return true
    },
    async mind(mood) {
      await page.route(asked, async (route) => {
        const problem = { title: 'Nobody is home', detail: 'It went out for bread.', code: 'internal' }
        if (mood === 'failing') return route.fulfill({ status: 500, json: problem })
        // Never answered: the page is left before.
        if (mood === 'slow') return
        const answer = await route.fetch()
        const body: unknown = await answer.json().catch(() => ({}))
        return route.fulfill({ response: answer, json: emptied(body) })
      })
    },
    shoot: async (name) => void (await page.screenshot({ path: `${shots}${name}-${look.width}-${look.scheme}.png` })),
    async barriers() {
      await page.evaluate(await axe)
      const found: { id: string; nodes: { html: string; failureSummary?: string }[] }[] = await page.evaluate(
        `axe.run('#content', { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }).then((r) => r.violations.map(({ id, nodes }) => ({ id, nodes: nodes.slice(0, 2).map(({ html, failureSummary }) => ({ html: html.slice(0, 200), failureSummary })) })))`,
      )
      return found.map(
        ({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary ?? ''}`).join(' | ')}`,
      )
    },
    close: () => context.close(),
  }
}

/** Everything screens ask, but not who is there. */
const asked = (url: URL) => url.pathname.startsWith('/v1/') && !/^\/v1\/(auth|me$|shops\/mine)/.test(url.pathname)

/** The same answer with nothing in its lists. */
const emptied = (body: unknown): unknown =>
  typeof body === 'object' && body !== null && 'items' in body ? { ...body, items: [], nextCursor: null } : body

const saysSo = (words: Locator): Promise<boolean> =>
  words
    .first()
    .waitFor()
    .then(() => true)
    .catch(() => false)
