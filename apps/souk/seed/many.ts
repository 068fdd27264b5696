import { randomBytes } from 'node:crypto'
import { ensureShop, importProducts, maxImport } from '@souk/catalog'
import { ShopService } from '@souk/contracts/shops'
import type { Principal } from '@souk/http'
import { seedAccounts } from '@souk/identity'
import { depsOf, receiveStock } from '@souk/inventory'
import { acting, type Desk, openDesk } from '../desk.ts'
import type { House } from '../house.ts'
import { idFor, seedContext, untilHandled } from './context.ts'

type Product = { id: string; variants: { id: string }[] }

const shopSlug = 'load-test'
const slugOf = (number: number) => `load-${String(number).padStart(8, '0')}`

export type LoadStock = {
  /** So many exist afterwards, at least. */
  products: number
  /** Units received of each when it is made; 0: none. */
  stock: number
  /** How many variants to name in the answer, from the first product on. */
  firstVariants?: number
  onProgress: (ready: number, total: number) => void
}

/**
 * Synthetic products in a shop of their own, 1,000 a transaction, through the same use cases as any others. Repeating it
 * adds only what is missing. @returns ids of the first variants.
 */
export async function stockForLoad(house: House, options: LoadStock): Promise<string[]> {
  const desk = openDesk(house.running)
  const [accountId = ''] = await seedAccounts(seedContext(house, 'identity'), [
    // Nobody is to sign in to it.
    { email: 'load-test@souk.example', name: 'Load test', password: randomBytes(24).toString('base64url') },
  ])
  const keeper = acting(accountId)
  const shopId = await loadTestShop(desk, keeper)
  await untilHandled(house)
  const catalog = seedContext(house, 'catalog')
  const inventory = depsOf(seedContext(house, 'inventory'))
  await ensureShop({ shards: catalog.shards, shops: house.directory.client(ShopService) }, shopId)

  const receive = async (from: number, variantIds: readonly string[]) => {
    if (options.stock === 0 || variantIds.length === 0) return
    const goods = variantIds.map((variantId) => ({ variantId, quantity: options.stock }))
    await receiveStock(inventory, shopId, goods, {
      id: idFor(`load test goods of ${shopId} from ${from}`),
      actor: accountId,
    })
  }
  const existing = await countProducts(desk, keeper)
  await finishLastBatch(desk, keeper, existing, options.stock, receive)

  const by = { accountId, correlationId: 'souk-seed' }
  // The shelves of one batch are filled while the next is entered.
  let shelving = Promise.resolve()
  for (let from = existing + 1; from <= options.products; from += maxImport) {
    const numbers = Array.from({ length: Math.min(maxImport, options.products - from + 1) }, (_, index) => from + index)
    const products = await catalog.shards
      .ofOwner(shopId)
      .db.transaction((tx) => importProducts(catalog, tx, shopId, numbers.map(synthetic), by))
    await shelving
    shelving = receive(
      from,
      products.flatMap(({ variants }) => variants.map(({ variantId }) => variantId)),
    )
    // Awaited a round later; meanwhile its failure must not pass for one nobody looks at.
    shelving.catch(() => {})
    options.onProgress(from + numbers.length - 1, options.products)
  }
  await shelving
  await untilHandled(house, { patienceMs: 60_000 })
  const first = Array.from({ length: Math.min(options.firstVariants ?? 0, options.products) }, (_, index) => index + 1)
  return (await productsNumbered(desk, keeper, first)).flatMap(({ variants }) => variants.map(({ id }) => id))
}

const synthetic = (number: number) => ({
  title: `Load test product ${number}`,
  slug: slugOf(number),
  status: 'active' as const,
  variants: [{ sku: `LOAD-${number}`, priceMinor: 100 + (number % 9_900) }],
})

async function loadTestShop(desk: Desk, keeper: Principal): Promise<string> {
  const shop =
    (await desk.find<{ id: string; status: string }>('getShopBySlug', { as: keeper, params: { slug: shopSlug } })) ??
    (await desk.call<{ id: string; status: string }>('registerShop', {
      as: keeper,
      body: { name: 'Load test', slug: shopSlug, country: 'DE', currency: 'EUR' },
    }))
  if (shop.status === 'registered')
    await desk.call('decideShopVerification', {
      as: keeper,
      params: { shopId: shop.id },
      body: { decision: 'verify', reason: 'For load tests' },
    })
  return shop.id
}

const productNumbered = (desk: Desk, as: Principal, number: number) =>
  desk.find<Product>('getProductBySlug', { as, params: { shopSlug, slug: slugOf(number) } })

async function productsNumbered(desk: Desk, as: Principal, numbers: readonly number[]): Promise<Product[]> {
  const found = await Promise.all(numbers.map((number) => productNumbered(desk, as, number)))
  return found.filter((product) => product !== undefined)
}

/** They are numbered without gaps, so the last one is found by halving. */
async function countProducts(desk: Desk, as: Principal): Promise<number> {
  let [there, missing] = [0, 1]
  while ((await productNumbered(desk, as, missing)) !== undefined) [there, missing] = [missing, missing * 2]
  while (missing - there > 1) {
    const middle = Math.floor((there + missing) / 2)
    if ((await productNumbered(desk, as, middle)) === undefined) missing = middle
    else there = middle
  }
  return there
}

/** An interruption may have left the last products without goods: at most one batch, at the end. */
async function finishLastBatch(
  desk: Desk,
  as: Principal,
  existing: number,
  stock: number,
  receive: (from: number, variantIds: readonly string[]) => Promise<void>,
): Promise<void> {
  if (existing === 0 || stock === 0 || (await hasGoods(desk, as, existing))) return
  let from = existing
  while (from > 1 && existing - from < maxImport - 1 && !(await hasGoods(desk, as, from - 1))) from -= 1
  const numbers = Array.from({ length: existing - from + 1 }, (_, index) => from + index)
  const products = await productsNumbered(desk, as, numbers)
  await receive(
    from,
    products.flatMap(({ variants }) => variants.map(({ id }) => id)),
  )
}

async function hasGoods(desk: Desk, as: Principal, number: number): Promise<boolean> {
  const product = await productNumbered(desk, as, number)
  if (product === undefined) return false
  const stock = await desk.find<{ variants: { onHand: number }[] }>('getProductInventory', {
    as,
    params: { productId: product.id },
  })
  return stock?.variants.some(({ onHand }) => onHand > 0) ?? false
}
