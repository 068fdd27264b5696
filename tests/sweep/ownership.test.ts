import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { foreignSamples, untriedIds } from './foreign-ids.ts'
import { ask, everyRoute, faultsOf, type Sample } from './recipes/index.ts'
import { openStage } from './stage.ts'
import { type Watch, watchTables } from './tables.ts'
import { buildWorld, canaryOfB, type Person } from './world.ts'

const stage = await openStage()
afterAll(() => stage.close())
const world = await buildWorld(stage)
const routes = everyRoute(stage.document)
const { a, b, stranger } = world

const attackers: [string, Person | undefined][] = [
  ['nobody', undefined],
  ['somebody signed in', stranger],
  ['the customer of the other shop', a.customer],
  ['the owner of the other shop', a.owner],
  ...Object.entries(a.staff).map(([duty, person]): [string, Person] => [`staff for ${duty} of the other shop`, person]),
]

/** For everybody on purpose, with what is on show. All of it is looked through for what is not on show. */
const forEverybody: Readonly<Record<string, string>> = {
  getShop: 'an open shop is on show',
  listProducts: 'lists show what is on show, whoever asks; a shop that is not gives an empty one',
  getProduct: 'an active product of an open shop is on show',
  getProducts: 'those that are not on show are left out',
  listSales: 'running sales are on show',
  getSale: 'a planned sale is on show',
  getSaleRemaining: 'how much of a sale is left is on show',
  getProductAvailability: 'in, low or out, of a product on show',
  listProductReviews: 'what a moderator published is on show',
  getProductRating: 'the stars of a product, none while there is no review',
  getMyReviewOf: 'one’s own review of any product, and whether one may write it',
  listShopSettings: 'settings that are for everybody, of any shop',
  quote: 'what is on show has a price for everybody',
  listShippingRates: 'how a shop sends its goods is on show',
  evaluateFlags: 'flags may be asked about for any shop: they permit nothing',
}

/** Allowed although it names something of the other shop, and why. It is not tried here, but where it belongs. */
const meantToWork: Readonly<Record<string, string>> = {
  'placeOrder variantId': 'everybody may buy from every open shop',
  'placeFlashSaleOrder productId': 'everybody may buy in every sale',
  'placeFlashSaleOrder variantId': 'everybody may buy in every sale',
  'setCartItem variantId': 'everybody may buy from every open shop; the cart is the one whose token was sent',
  'removeCartItem variantId': 'what is not in the cart need not be taken out',
  'addWish productId': 'everybody may wish for what is on show; whether it still is, the catalogue says',
  'removeWish productId': 'what is not wished for need not be removed',
  'createVoucher productIds': 'a voucher for goods of another shop is for nothing; it holds in its own shop alone',
  'editVoucher productIds': 'a voucher for goods of another shop is for nothing',
  'createDiscount productIds': 'a discount for goods of another shop is for nothing; it holds in its own shop alone',
  'replaceDiscount productIds': 'a discount for goods of another shop is for nothing',
  'setShopMember accountId': 'a shop may take on whoever it likes; only its own shop is touched',
  'removeShopMember accountId': 'nobody of another shop is a member of this one: 404',
}

const samples = new Map<string, Sample>()
let watch: Watch
beforeAll(async () => {
  for (const { operation, recipe } of routes) samples.set(operation.operationId, await recipe.make(world))
  watch = await watchTables(stage.query)
})
const sampleOf = (name: string) => samples.get(name) as Sample

test('every id a route takes is tried', () => {
  expect(routes.flatMap(({ operation }) => untriedIds(operation, sampleOf(operation.operationId)))).toEqual([])
  const entries = [...Object.keys(forEverybody), ...Object.keys(meantToWork).map((key) => key.split(' ', 1)[0] ?? '')]
  expect(entries.filter((name) => !stage.document.has(name))).toEqual([])
})

describe('what belongs to others cannot be seen, changed or made out', () => {
  const withIds = routes.filter(({ operation }) => operation.parameters.length > 0 || operation.body !== undefined)
  test.each(withIds)('$operation.operationId', async ({ operation }) => {
    const { operationId } = operation
    for (const { what, sample } of foreignSamples(operation, sampleOf(operationId), b)) {
      const [name] = what.split(' ', 1)
      if (
        meantToWork[`${operationId} ${name}`] !== undefined ||
        (what.startsWith('everything') && operationId.startsWith('place'))
      )
        continue
      for (const [who, person] of attackers) {
        const reply = await ask(world, operation, sample, person)
        const told = `${who}, ${what}: ${reply.status} ${reply.text}`
        if (forEverybody[operationId] === undefined) expect([401, 403, 404], told).toContain(reply.status)
        else expect([200, 401, 403, 404], told).toContain(reply.status)
        expect(reply.text, told).not.toContain(canaryOfB)
        expect(faultsOf(operation, reply), told).toEqual([])
      }
    }
    expect(await watch.changed()).toEqual([])
  })
})

test('no list shows what belongs to others', async () => {
  const lists = routes.filter(({ operation }) => operation.method === 'GET')
  for (const { operation } of lists)
    for (const [who, person] of attackers) {
      const reply = await ask(world, operation, { ...sampleOf(operation.operationId), query: {} }, person)
      expect(reply.text, `${operation.operationId}, ${who}`).not.toContain(canaryOfB)
    }
  expect(await watch.changed()).toEqual([])
})

test('what is not on show is answered like what does not exist', async () => {
  const unknown = '019b0000-0000-7000-8000-000000000001'
  const pairs = [
    ['shops', b.hiddenShopId],
    ['products', b.draftId],
    ['sales', b.cancelledSaleId],
    ['orders', b.orderId],
    ['api-keys', b.keyId],
    ['auth/sessions', b.sessionId],
  ] as const
  for (const [what, id] of pairs)
    for (const [, person] of attackers) {
      const method = what === 'api-keys' || what === 'auth/sessions' ? 'DELETE' : 'GET'
      const [hidden, missing] = [
        await world.as(person, method, `/v1/${what}/${id}`),
        await world.as(person, method, `/v1/${what}/${unknown}`),
      ]
      const plain = (text: string) => text.replaceAll(id, unknown).replace(/"correlationId":"[^"]*"/, '')
      expect([hidden.status, plain(hidden.text)], what).toEqual([missing.status, plain(missing.text)])
    }
})

test('staff of a shop cannot hire across the border: a member of one shop has no say in another', async () => {
  const path = `/v1/shops/${b.shopId}/members/${a.owner.accountId}`
  for (const person of [a.owner, a.staff.members, a.customer]) {
    const reply = await world.as(person, 'PUT', path, { duties: ['members'], owner: true })
    expect([403, 404], reply.text).toContain(reply.status)
  }
  const dismissed = await world.as(a.staff.members, 'DELETE', `/v1/shops/${a.shopId}/members/${b.owner.accountId}`)
  expect([dismissed.status, dismissed.code]).toEqual([404, 'member-not-found'])
})

test('the sweep is not blind: whose it is sees every canary, and one unit more is a change', async () => {
  const theirs = [
    `/v1/shops/${b.hiddenShopId}`,
    `/v1/products/${b.draftId}`,
    `/v1/shops/${b.shopId}/history`,
    `/v1/shops/${b.shopId}/locations`,
    `/v1/shops/${b.shopId}/inventory`,
    `/v1/inventory/movements?variantId=${b.variantId}`,
    '/v1/api-keys',
    '/v1/auth/me',
  ]
  for (const path of theirs) expect((await world.as(b.owner, 'GET', path)).text, path).toContain(canaryOfB)
  await watch.changed()
  const lines = [{ variantId: b.variantId, delta: 1 }]
  await world.do(b.owner, 'POST', '/v1/inventory/adjustments', { shopId: b.shopId, reason: 'received', lines })
  expect(await watch.changed()).toContain('inventory.items')
})
