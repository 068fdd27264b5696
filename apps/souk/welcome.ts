import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { openDesk } from './desk.ts'
import type { House } from './house.ts'
import { type Shown, welcomePage, welcomeStyle } from './welcome-page.ts'

const styleHash = createHash('sha256').update(welcomeStyle).digest('base64')

/** Nothing runs on this page, and nothing is loaded but its own style and our pictures. */
const headers = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; img-src 'self'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-cache',
}

/** However many look at it: one look at the database in so long. */
const freshForMs = 2_000

/** The page at `/`: what is for sale here, until there is a storefront. */
export function serveWelcome(app: FastifyInstance, house: House, { inbox }: { inbox: boolean }): void {
  const desk = openDesk(house.running)
  const names = new Set(house.running.services.map(({ definition }) => definition.name))
  const look = async (): Promise<Shown> => {
    if (!names.has('catalog') || !names.has('shops'))
      return { services: [...names], inbox, shops: [], products: [], sales: [], at: house.clock() }
    const [shops, sales] = await Promise.all([
      desk.call<{ items: Shown['shops'] }>('listShops', { query: { limit: 24 } }),
      desk.call<{ items: Shown['sales'] }>('listFlashSales', { query: { limit: 4 } }),
    ])
    const shelves = await Promise.all(shops.items.slice(0, 12).map(({ id }) => newestOf(id)))
    const at = house.clock()
    return { services: [...names], inbox, shops: shops.items, products: inTurn(shelves), sales: sales.items, at }
  }
  const newestOf = async (shopId: string) =>
    (await desk.call<{ items: Shown['products'] }>('listProducts', { query: { shopId, sort: 'newest', limit: 3 } }))
      .items
  let last: { atMs: number; page: Promise<string> } | undefined
  app.get('/', { config: { access: 'public' } }, async (_request, reply) => {
    const nowMs = house.clock().getTime()
    if (last === undefined || nowMs - last.atMs > freshForMs) {
      const page = look().then(welcomePage)
      last = { atMs: nowMs, page }
      page.catch(() => (last = undefined))
    }
    return reply.headers(headers).send(await last.page)
  })
}

/** The first of each, then the second of each: a street of shops, not one shop after the other. */
const inTurn = <Item>(lists: readonly (readonly Item[])[]): Item[] =>
  Array.from({ length: Math.max(0, ...lists.map((list) => list.length)) }, (_, turn) =>
    lists.flatMap((list) => list[turn] ?? []),
  ).flat()
