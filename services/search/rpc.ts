import { SearchService } from '@souk/contracts/search'
import { isUuid } from '@souk/postgres'
import type { RpcHandlers } from '@souk/rpc'
import { waitingOf } from './due.sql.ts'
import type { Listed } from './engine.ts'
import type { IndexDeps } from './write-due.ts'

const mostListed = 5_000
const mostAsked = 1_000
const firstId = '00000000-0000-0000-0000-000000000000'

export const searchRpc =
  ({ db, engine }: Pick<IndexDeps, 'db' | 'engine'>): RpcHandlers =>
  (router) =>
    router.service(SearchService, {
      async listIndexed({ afterProductId, limit }) {
        const after = isUuid(afterProductId) ? afterProductId : firstId
        const listed = await engine.listed(after, Math.min(Math.max(limit, 1), mostListed))
        return { products: listed.map(shown) }
      },
      async findIndexed({ productIds }) {
        const ids = productIds.filter(isUuid).slice(0, mostAsked)
        // Those that wait before those that are there: what was written in between is seen as written.
        const waitingProductIds = await waitingOf(db.autocommit, ids)
        const found: Listed[] = []
        for (const id of ids)
          found.push(...(await engine.listed(justBefore(id), 1)).filter((one) => one.productId === id))
        return { products: found.map(shown), waitingProductIds }
      },
    })

const shown = ({ productId, shopId, version }: Listed) => ({ productId, shopId, productVersion: BigInt(version) })

/** The id before it, so that the list that goes on behind that begins with it. */
function justBefore(id: string): string {
  const before = (BigInt(`0x${id.replaceAll('-', '')}`) - 1n).toString(16).padStart(32, '0')
  return before.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
