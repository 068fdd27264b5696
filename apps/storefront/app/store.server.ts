import {
  type Category,
  isProblem,
  type Product,
  type Sale,
  type SearchProductsData,
  type Shop,
  type Souk,
} from '@souk/sdk'
import type { Lang } from './i18n/languages.ts'
import { perhaps } from './perhaps.server.ts'
import { askTogether } from './together.server.ts'
import { type Card, cardOf, type SaleOf } from './cards.ts'
import type { Kept } from './kept.server.ts'
import { setOf } from './set.ts'

export type SearchQuery = NonNullable<SearchProductsData['query']>
type ProductQuery = NonNullable<Parameters<Souk['listProducts']>[0]>['query']
type NamedCategory = Pick<Category, 'id' | 'slug' | 'title' | 'titles'> & { children: NamedCategory[] }
export type CategoryNode = Pick<Category, 'id' | 'slug' | 'title'> & { children: CategoryNode[] }

const second = 1_000
/** What changes rarely, what changes now and then, and what a crowd looks at. */
const lives = {
  rare: { freshMs: 60 * second, staleMs: 600 * second },
  page: { freshMs: 5 * second, staleMs: 120 * second },
  // What buyers wrote, and what stands beside a product: half a minute later is early enough.
  beside: { freshMs: 30 * second, staleMs: 600 * second },
  live: { freshMs: second, staleMs: 2 * second },
} as const

/** "There is no such thing" is an answer; being busy is not. */
const saysNo = (error: unknown) => isProblem(error) && error.status < 500 && error.status !== 429

export type Store = ReturnType<typeof createStore>

/** What everybody sees of the marketplace. */
export function createStore(souk: Souk, kept: Kept) {
  const ask = <Value>(key: string, life: keyof typeof lives, fetch: () => Promise<Value>) =>
    kept(key, lives[life], fetch, saysNo)

  // Kept one by one: the same product stands on many pages.
  const starsOf = askTogether(100, async (productIds: string[]) => {
    const { items } = await souk.listRatings({ query: { productIds } })
    return new Map(items.map((rating) => [rating.productId, rating]))
  })
  const tree = () => ask('categories', 'rare', async () => (await souk.listCategories()).items as NamedCategory[])
  /** Called as in this language, where that was said. */
  const categories = async (lang: Lang) => treeIn(await tree(), lang)
  const shop = (shopId: string) => ask(`shop ${shopId}`, 'rare', () => souk.getShop({ path: { shopId } }))
  const shops = () =>
    ask('shops', 'rare', async () => (await souk.listShops({ query: { limit: 100 } })).items.filter(isOpen))
  const product = (productId: string) =>
    ask(`product ${productId}`, 'page', () => souk.getProduct({ path: { productId } }))
  const availability = (productId: string) =>
    ask(`availability ${productId}`, 'live', () => souk.getProductAvailability({ path: { productId } }))
  const sales = () => ask('sales', 'live', async () => (await souk.listFlashSales({ query: { limit: 100 } })).items)

  /** The sale of a product that runs, or else the next one. Without sales, when they cannot be read: the price decides at the order. */
  const saleByProduct = async (): Promise<ReadonlyMap<string, SaleOf>> => {
    const found = await perhaps(sales(), [])
    const open = found.filter(({ sale }) => sale.phase !== 'past').reverse()
    return new Map(open.map(({ sale }) => [sale.productId, saleOf(sale)]))
  }

  const cards = async (products: readonly Product[]): Promise<Card[]> => {
    const [bySale, shopNames, ratings] = await Promise.all([saleByProduct(), namesOf(products), ratingsOf(products)])
    return products.map((each) => {
      const rating = ratings.get(each.id)
      return {
        ...cardOf(each, { sale: bySale.get(each.id), shopName: shopNames.get(each.shopId) }),
        ...(rating !== undefined && rating.count > 0 && { rating }),
      }
    })
  }
  /** Stars are an ornament of a list: without them when they cannot be read. */
  const ratingsOf = async (products: readonly Product[]) => {
    const found = await Promise.all(
      products.map(
        async ({ id }) =>
          [
            id,
            await perhaps(
              ask(`stars ${id}`, 'beside', () => starsOf(id)),
              undefined,
            ),
          ] as const,
      ),
    )
    return new Map(
      found.flatMap(([id, stars]) =>
        stars === undefined ? [] : [[id, { average: stars.ratingTenths / 10, count: stars.count }] as const],
      ),
    )
  }
  const namesOf = async (products: readonly Product[]) => {
    const known = new Map((await perhaps(shops(), [])).map(({ id, name }) => [id, name]))
    const missing = [...new Set(products.map(({ shopId }) => shopId))].filter((id) => !known.has(id))
    for (const found of await Promise.all(missing.map((id) => perhaps(shop(id), undefined))))
      if (found !== undefined) known.set(found.id, found.name)
    return known
  }

  return {
    categories,
    shop,
    shops,
    product,
    availability,
    sales,
    saleByProduct,
    cards,
    shopBySlug: (slug: string) => ask(`shop/${slug}`, 'rare', () => souk.getShopBySlug({ path: { slug } })),
    products: (query: ProductQuery) =>
      ask(`products ${JSON.stringify(query)}`, 'page', () => souk.listProducts({ query })),
    /** As `products`, for lists that stand beside something else. */
    productsBeside: (query: ProductQuery) =>
      ask(`beside ${JSON.stringify(query)}`, 'beside', () => souk.listProducts({ query })),
    /** How a shop sends, and what countries take: what orders name them by. */
    shippingRates: (shopId: string) =>
      ask(`shipping ${shopId}`, 'rare', async () => (await souk.listShippingRates({ path: { shopId } })).items),
    taxRates: () => ask('tax rates', 'rare', async () => (await souk.listTaxRates()).items),
    /** What operators have set, a shop has set, and flags for everybody: without any of it while settings are away. */
    settings: () =>
      perhaps(
        ask('settings', 'page', async () => setOf((await souk.listSettings()).items)),
        setOf([]),
      ),
    shopSettings: (shopId: string) =>
      perhaps(
        ask(`settings ${shopId}`, 'page', async () => setOf((await souk.listShopSettings({ path: { shopId } })).items)),
        setOf([]),
      ),
    flags: () =>
      perhaps(
        ask('flags', 'page', async () => setOf((await souk.evaluateFlags()).items)),
        setOf([]),
      ),
    featuredShops: () =>
      ask('featured shops', 'beside', async () => (await souk.listFeaturedShops()).items.map(({ shopId }) => shopId)),
    sale: (saleWindowId: string) => ask(`sale ${saleWindowId}`, 'live', () => souk.getSale({ path: { saleWindowId } })),
    remaining: (saleWindowId: string) =>
      ask(`remaining ${saleWindowId}`, 'live', () => souk.getSaleRemaining({ path: { saleWindowId } })),
    reviews: (productId: string, cursor?: string) =>
      ask(`reviews ${productId} ${cursor ?? ''}`, 'beside', () =>
        souk.listProductReviews({ path: { productId }, query: { limit: 5, ...(cursor !== undefined && { cursor }) } }),
      ),
    rating: (productId: string) =>
      ask(`rating ${productId}`, 'beside', () => souk.getProductRating({ path: { productId } })),
    search: (query: SearchQuery) =>
      ask(`search ${JSON.stringify(query)}`, 'page', () => souk.searchProducts({ query })),
    suggestions: (q: string) =>
      ask(`suggestions ${q.toLowerCase()}`, 'page', async () => (await souk.suggestSearches({ query: { q } })).items),
  }
}

const isOpen = ({ status }: Shop) => status === 'open'

export const saleOf = ({
  id,
  phase,
  priceMinor,
  startsAt,
  endsAt,
  units,
  variantId,
  capPerCustomer,
}: Sale): SaleOf => ({
  id,
  phase,
  priceMinor,
  startsAt,
  endsAt,
  units,
  variantId,
  capPerCustomer,
})

const treeIn = (tree: readonly NamedCategory[], lang: Lang): CategoryNode[] =>
  tree.map(({ id, slug, title, titles, children }) => ({
    id,
    slug,
    title: titles[lang] ?? title,
    children: treeIn(children, lang),
  }))

/** All categories of a tree, each before what is below it. */
export const flat = (tree: readonly CategoryNode[]): CategoryNode[] =>
  tree.flatMap((node) => [node, ...flat(node.children)])

/** The way from the root to a category, itself included; undefined when there is none. */
export function wayTo(tree: readonly CategoryNode[], slug: string): CategoryNode[] | undefined {
  for (const node of tree) {
    if (node.slug === slug) return [node]
    const below = wayTo(node.children, slug)
    if (below !== undefined) return [node, ...below]
  }
  return undefined
}
