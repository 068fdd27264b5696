import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import chromium from '@sparticuz/chromium'
import { startTestProvider, testProviderSecrets } from '@souk/stand-ins'
import { eventually, testDatabase, testSecret } from '@souk/testing'
import { type Browser, chromium as browsers, type Page } from 'playwright-core'
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
  const browser = await browsers.launch({
    executablePath: await chromium.executablePath(),
    args: chromium.args.filter((arg) => arg !== '--single-process'),
  })
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
const axe = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What is on its way; the specimens of the design system are so for ever. */
const underWay = '#content :is([role=grid][aria-busy=true], .animate-shimmer):not([data-specimen] *)'

export type Visit = {
  page: Page
  /** What the browser complained of. */
  complaints: string[]
  goTo(path: string): Promise<void>
  /** Keep a picture of what is seen. */
  shoot(name: string): Promise<void>
  /** What WCAG 2.2 AA has against what is seen. */
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
    shoot: async (name) => void (await page.screenshot({ path: `${shots}${name}-${look.width}-${look.scheme}.png` })),
    async barriers() {
      await page.evaluate(await axe)
      const found: { id: string; nodes: { html: string; failureSummary?: string }[] }[] = await page.evaluate(
        `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }).then((r) => r.violations.map(({ id, nodes }) => ({ id, nodes: nodes.slice(0, 2).map(({ html, failureSummary }) => ({ html: html.slice(0, 200), failureSummary })) })))`,
      )
      return found.map(
        ({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary ?? ''}`).join(' | ')}`,
      )
    },
    close: () => context.close(),
  }
}
