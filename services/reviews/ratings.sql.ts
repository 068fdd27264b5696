import { sql, type Tx, uuidArray } from '@souk/postgres'
import type { Stars } from './review.ts'

export type Rating = { productId: string; shopId: string; version: number; stars: Stars; changedAt: Date }

const columns = sql`
  product_id as "productId", shop_id as "shopId", version, array[ones, twos, threes, fours, fives] as stars,
  changed_at as "changedAt"`

/**
 * Add to the counts of a product's stars. Resolves to them as they then are. What is taken away was counted before, so
 * there is a row: PostgreSQL holds the values of the insert against the checks all the same.
 */
export const addStars = (tx: Tx, productId: string, shopId: string, change: Stars, at: Date) => {
  const [ones, twos, threes, fours, fives] = change
  return tx.one<Rating>(sql`
    insert into ratings as r (product_id, shop_id, ones, twos, threes, fours, fives, changed_at)
    values (${productId}, ${shopId}, greatest(${ones}, 0), greatest(${twos}, 0), greatest(${threes}, 0),
      greatest(${fours}, 0), greatest(${fives}, 0), ${at})
    on conflict (product_id) do update set ones = r.ones + ${ones}, twos = r.twos + ${twos}, threes = r.threes + ${threes},
      fours = r.fours + ${fours}, fives = r.fives + ${fives}, version = r.version + 1, changed_at = ${at}
    returning ${columns}`)
}

/** Those without any review are left out. */
export const ratingsOf = (tx: Tx, productIds: readonly string[]) =>
  tx.many<Rating>(sql`select ${columns} from ratings where product_id = any(${uuidArray(productIds)}::uuid[])`)
