import { CatalogService, type ProductChanged } from '@souk/contracts/catalog'
import { type IndexedProduct, SearchService } from '@souk/contracts/search'
import { ShopService } from '@souk/contracts/shops'
import type { AuditResult } from '@souk/service'
import type { House } from '../house.ts'

const pageSize = 1_000
/** Of an audit that is not of everything; the next one goes on where it ended. 1,000 products take some 50 ms. */
const budgetMs = 5_000
/** What changed since may still be on its way: that consumers are not later than this another check looks after. */
const onItsWayMs = 60_000
const lastId = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

type Asked = Pick<House, 'directory' | 'clock'>
let goOnAfter = ''

/**
 * Everything on show is in the index as it is now, and nothing is there that is not on show. The two are read one after
 * the other while work goes on: who differs is asked again, and believed when nobody is about to write it.
 */
export async function indexAgrees(
  house: Asked,
  { full, maxFindings }: { full: boolean; maxFindings: number },
): Promise<AuditResult> {
  const catalog = house.directory.client(CatalogService)
  const search = house.directory.client(SearchService)
  const isOpen = openShops(house)
  const untilMs = full ? Infinity : house.clock().getTime() + budgetMs
  const result: AuditResult = { checked: 0, findings: [] }
  let after = full ? '' : goOnAfter
  for (;;) {
    const { productIds } = await catalog.listProductIds({ afterProductId: after, limit: pageSize, shopId: '' })
    const ended = productIds.length < pageSize
    const until = ended ? lastId : (productIds.at(-1) ?? lastId)
    const { products } = await catalog.getProducts({ productIds })
    const suspects = await differing(products, await indexedBetween(house, after, until), isOpen)
    result.checked += productIds.length
    if (suspects.size > 0) {
      const ids = [...suspects.keys()].slice(0, pageSize)
      const now = await catalog.getProducts({ productIds: ids })
      const { products: indexed, waitingProductIds } = await search.findIndexed({ productIds: ids })
      const waiting = new Set(waitingProductIds)
      for (const { productId, changedAtMs } of now.products)
        if (house.clock().getTime() - Number(changedAtMs) < onItsWayMs) waiting.add(productId)
      for (const [productId, message] of await differing(now.products, indexed, isOpen))
        if (!waiting.has(productId)) result.findings.push({ subject: `product ${productId}`, message })
    }
    after = ended ? '' : until
    if (ended || result.findings.length >= maxFindings || house.clock().getTime() > untilMs) break
  }
  if (!full) goOnAfter = after
  return { ...result, findings: result.findings.slice(0, maxFindings) }
}

async function indexedBetween({ directory }: Asked, after: string, until: string): Promise<IndexedProduct[]> {
  const search = directory.client(SearchService)
  const found: IndexedProduct[] = []
  for (let from = after; ; ) {
    const { products } = await search.listIndexed({ afterProductId: from, limit: pageSize })
    found.push(...products.filter(({ productId }) => productId <= until))
    from = products.at(-1)?.productId ?? ''
    if (products.length < pageSize || from > until) return found
  }
}

type IsOpen = (shopId: string) => Promise<boolean>

/** What is wrong, by product. Of a shop that is not open nothing is expected: its own check is search's. */
async function differing(
  products: readonly ProductChanged[],
  indexed: readonly IndexedProduct[],
  isOpen: IsOpen,
): Promise<Map<string, string>> {
  const found = new Map(indexed.map((each) => [each.productId, each]))
  const wrong = new Map<string, string>()
  const known = new Set<string>()
  for (const { productId, shopId, status, version, variants } of products) {
    known.add(productId)
    const there = found.get(productId)
    const onShow = status === 'active' && variants.some(({ active }) => active)
    if (!onShow && there !== undefined) wrong.set(productId, 'is found, and is not on show')
    if (!onShow || !(await isOpen(shopId))) continue
    if (there === undefined) wrong.set(productId, 'is on show, and is not found')
    else if (there.productVersion !== 0n && there.productVersion < version)
      wrong.set(productId, `is found as it was in version ${there.productVersion}, and has version ${version}`)
  }
  for (const { productId } of indexed)
    if (!known.has(productId)) wrong.set(productId, 'is found, and there is no such product')
  return wrong
}

function openShops({ directory }: Asked): IsOpen {
  const shops = directory.client(ShopService)
  const known = new Map<string, Promise<boolean>>()
  return (shopId) => {
    const asked = known.get(shopId) ?? shops.getShop({ shopId }).then(({ shop }) => shop?.status === 'open')
    known.set(shopId, asked)
    return asked
  }
}
