import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import axe from 'axe-core'
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { eventually } from '@souk/testing'
import type { ExpectStatic } from 'vitest'
import { pricesIn } from './between.ts'

const shots = join(import.meta.dirname, '..', '..', '.cache', 'screenshots', 'storefront')

export const sizes: Record<'phone' | 'desktop', BrowserContextOptions> = {
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
  desktop: { viewport: { width: 1280, height: 900 } },
}

/** Every price there is in the tests' world, as a number and as people write it. */
export const knownPrices = [2_400, 2_500, 4_900, 8_900, 7_000, 3_000].flatMap((minor) => [
  String(minor),
  (minor / 100).toFixed(2),
  (minor / 100).toFixed(2).replace('.', ','),
])

/** A page of its own, that remembers what went wrong in it: faults, other people's addresses, prices that are sent. */
export async function visitor(browser: Browser, baseURL: string, options: BrowserContextOptions) {
  const context = await browser.newContext({ baseURL, reducedMotion: 'reduce', ...options })
  context.setDefaultTimeout(45_000)
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    // What a page asks for in vain is said by the browser, not by the page.
    if (message.type() === 'error' && !message.text().includes('Failed to load resource')) faults.push(message.text())
  })
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (url.origin !== baseURL && url.protocol !== 'data:') faults.push(`asks ${url.origin}`)
    const said = pricesIn(request.postData() ?? '', knownPrices)
    if (said.length > 0) faults.push(`${request.method()} ${url.pathname} says ${said.join(', ')}`)
  })
  return { context, page, faults }
}

/** Goes there until it shows what was wanted: what stands beside the thing itself is left out of a page when it is late. */
export const goUntil = (page: Page, path: string, wanted: (page: Page) => Locator): Promise<void> =>
  eventually(
    async () => {
      await page.goto(path)
      await wanted(page).first().waitFor({ timeout: 3_000 })
    },
    { timeoutMs: 60_000 },
  )

const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(shots, { recursive: true })
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true })
}

/** Nothing axe finds against WCAG 2.2 AA, light and dark; nothing wider than the screen; and a picture to look at. */
export async function looksRight(expect: ExpectStatic, page: Page, name: string): Promise<void> {
  await picture(page, name)
  const wide = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  )
  expect.soft(wide, `${name} is wider than the screen`).toBeLessThanOrEqual(0)
  await page.evaluate(axe.source)
  // Colours on their way from one theme to the other are nobody's.
  await page.addStyleTag({ content: '*, ::before, ::after { transition: none !important }' })
  const isDark = await page.evaluate<boolean>("matchMedia('(prefers-color-scheme: dark)').matches")
  expect.soft(await violations(page, rules), name).toEqual([])
  await page.emulateMedia({ colorScheme: isDark ? 'light' : 'dark' })
  // Of all the rules only this one can tell the difference.
  expect.soft(await violations(page, ['color-contrast']), `${name}, ${isDark ? 'light' : 'dark'}`).toEqual([])
  await page.emulateMedia({ colorScheme: isDark ? 'dark' : 'light' })
}

async function violations(page: Page, only: string[]): Promise<string[]> {
  const found = await page.evaluate(
    (runOnly) =>
      (globalThis as unknown as { axe: typeof axe }).axe.run({ runOnly: [...runOnly], resultTypes: ['violations'] }),
    only,
  )
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`)
}
