import { expect, test } from 'vitest'
import { money, type Shown, welcomePage } from './welcome-page.ts'

const nasty = `<script>alert("x")</script>'`
const product = {
  id: '0198c0de-0000-7000-8000-000000000001',
  shopId: '0198c0de-0000-7000-8000-000000000002',
  title: nasty,
  currency: 'EUR',
  pictures: [{ url: '/v1/pictures/teapot.svg', alt: nasty }],
  variants: [{ priceMinor: 1_999 }, { priceMinor: 2_499 }],
}
const shown: Shown = {
  services: ['catalog', nasty],
  shops: [{ id: product.shopId, name: nasty, slug: 'a', logo: null, metadata: { tagline: nasty } }],
  products: [product],
  sales: [
    {
      product,
      sale: {
        priceMinor: 999,
        currency: 'EUR',
        startsAt: '2026-01-01T10:00:00Z',
        endsAt: '2026-01-01T12:00:00Z',
        phase: 'running',
        units: 1_000,
      },
    },
  ],
  at: new Date('2026-01-01T11:30:00Z'),
}

test('what shops write is text on the page, never markup', () => {
  const page = welcomePage(shown)
  expect(page).not.toContain('<script')
  expect(page).not.toContain('alert("x")')
  expect(page.split('&lt;script&gt;').length).toBeGreaterThan(6)
})

test('a running sale says how long it lasts and what things cost otherwise', () => {
  const page = welcomePage(shown)
  expect(page).toContain('On sale, 30 min left')
  expect(page).toContain('€9.99')
  expect(page).toContain('from €19.99')
  expect(page).toContain('1,000 units')
})

test('pictures from elsewhere are left out: the page loads nothing from other places', () => {
  const elsewhere = { ...product, pictures: [{ url: 'https://tracker.example/x.png', alt: '' }] }
  expect(welcomePage({ ...shown, products: [elsewhere], sales: [] })).not.toContain('tracker.example')
})

test('an empty marketplace says how to stock it', () => {
  expect(welcomePage({ ...shown, products: [], shops: [], sales: [] })).toContain('souk seed')
})

test('prices follow the digits of their currency', () => {
  expect(money(1_999, 'EUR')).toBe('€19.99')
  expect(money(5_100, 'JPY')).toBe('¥5,100')
})
