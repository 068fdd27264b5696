import { SoldService, type SumSoldRequest } from '@souk/contracts/orders'
import { firstIdAt, listsOf, type Shards, timeInId } from '@souk/postgres'
import type { RpcHandlers } from '@souk/rpc'
import { firstOrderFrom, type SoldRow, soldBetween } from './sold.sql.ts'

const dayMs = 86_400_000
/**
 * Orders a statement is to sum up: a fifth of a second. One of a quarter of an hour of a rush would take longer than a replica
 * is waited for, and keep old versions of rows from being cleared away.
 */
const aimedAt = 20_000
const shortestMs = 1_000
const longestMs = 900_000

type Deps = { shards: Shards }
export type Sold = { rows: SoldRow[]; nextMs: number }

/**
 * What the orders that came in between two instants sold, over all databases. Read where lists are: on a replica, if there
 * is one. Piece by piece, one after the other on each database, so that whoever sells there hardly notices.
 * @throws RangeError for more than a day, or less than nothing.
 */
export async function sumSold({ shards }: Deps, fromMs: number, untilMs: number): Promise<Sold> {
  if (!(fromMs >= 0 && fromMs < untilMs && untilMs - fromMs <= dayMs))
    throw new RangeError(`sums are of a day at most, not of ${fromMs} to ${untilMs}`)
  const found = await Promise.all(
    shards.all().map(async (shard) => {
      const lists = listsOf(shard)
      const sums = new Map<string, SoldRow>()
      let atMs = fromMs
      let pieceMs = 10_000
      while (atMs < untilMs) {
        const first = await firstOrderFrom(lists, firstIdAt(atMs))
        atMs = first === undefined ? Number.POSITIVE_INFINITY : Math.max(atMs, timeInId(first))
        if (atMs >= untilMs) break
        const pieceEndsMs = Math.min(atMs + pieceMs, untilMs)
        const rows = await soldBetween(lists, firstIdAt(atMs), firstIdAt(pieceEndsMs))
        addTo(sums, rows)
        atMs = pieceEndsMs
        pieceMs = nextPiece(pieceMs, rows)
      }
      return { sums, nextMs: atMs }
    }),
  )
  const all = new Map<string, SoldRow>()
  for (const { sums } of found) addTo(all, sums.values())
  const nextMs = Math.min(...found.map((each) => each.nextMs))
  return { rows: [...all.values()], nextMs: all.size > 0 || nextMs === Number.POSITIVE_INFINITY ? 0 : nextMs }
}

/** As long as would have held as many as are aimed at; four times as long at most, since a rush begins at once. */
function nextPiece(pieceMs: number, rows: readonly SoldRow[]): number {
  const orders = rows.reduce((sum, row) => sum + (row.status === null ? 0 : row.orders), 0)
  const fitting = Math.min((pieceMs * aimedAt) / Math.max(orders, 1), pieceMs * 4)
  return Math.round(Math.min(longestMs, Math.max(shortestMs, fitting)))
}

/** An order lies in one piece, on one database: so all of it adds up, the orders of a product, too. */
function addTo(sums: Map<string, SoldRow>, rows: Iterable<SoldRow>): void {
  for (const row of rows) {
    const key = `${row.shopId} ${row.productId ?? row.status} ${row.currency}`
    const sum = sums.get(key)
    if (sum === undefined) {
      sums.set(key, { ...row })
      continue
    }
    sum.orders += row.orders
    sum.units += row.units
    sum.minor += row.minor
    sum.cancelledOrders += row.cancelledOrders
    sum.cancelledUnits += row.cancelledUnits
    sum.cancelledMinor += row.cancelledMinor
  }
}

export const soldRpc =
  (deps: Deps): RpcHandlers =>
  (router) =>
    router.service(SoldService, {
      async sumSold({ fromMs, untilMs }: SumSoldRequest) {
        const { rows, nextMs } = await sumSold(deps, Number(fromMs), Number(untilMs))
        return {
          shops: [...Map.groupBy(rows, ({ shopId }) => shopId)].map(([shopId, ofShop]) => ({
            shopId,
            products: ofShop.flatMap((row) =>
              row.productId === null
                ? []
                : [
                    {
                      productId: row.productId,
                      title: row.title ?? '',
                      currencyCode: row.currency,
                      orders: BigInt(row.orders),
                      units: BigInt(row.units),
                      amountMinor: BigInt(row.minor),
                      cancelledOrders: BigInt(row.cancelledOrders),
                      cancelledUnits: BigInt(row.cancelledUnits),
                      cancelledMinor: BigInt(row.cancelledMinor),
                    },
                  ],
            ),
            outcomes: ofShop.flatMap(({ status, currency, orders, minor }) =>
              status === null
                ? []
                : [{ status, currencyCode: currency, orders: BigInt(orders), amountMinor: BigInt(minor) }],
            ),
          })),
          nextMs: BigInt(nextMs),
        }
      },
    })
