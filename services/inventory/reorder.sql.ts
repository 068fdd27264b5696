import { sql, type Tx } from '@souk/postgres'

/** When so few lie there, so many are to be ordered from whoever supplies them. */
export type ReorderRule = { reorderPoint: number; reorderQuantity: number }
export type ToReorder = ReorderRule & {
  variantId: string
  productId: string
  sku: string
  title: string
  onHand: number
  /** Of these, set apart for orders that wait to be shipped. */
  setApart: number
}

/** Resolves to 0 when the shop has no such variant. null: nothing is reordered. */
export const setReorderRule = (tx: Tx, variantId: string, shopId: string, rule: ReorderRule | null) =>
  tx.run(sql`
    update items set reorder_point = ${rule?.reorderPoint ?? null}, reorder_quantity = ${rule?.reorderQuantity ?? null}
     where variant_id = ${variantId} and shop_id = ${shopId}`)

/** A shop's variants of which there are as few as their rule says, or fewer. Keyset by variant. */
export const listToReorder = (tx: Tx, shopId: string, after: string | undefined, limit: number) =>
  tx.many<ToReorder>(sql`
    select i.variant_id as "variantId", i.product_id as "productId", i.sku, i.title, i.on_hand as "onHand",
           i.reorder_point as "reorderPoint", i.reorder_quantity as "reorderQuantity",
           (select coalesce(sum(l.assigned), 0)::bigint from lots l where l.variant_id = i.variant_id and l.on_hand > 0)
             as "setApart"
      from items i
     where i.shop_id = ${shopId} and i.on_hand <= i.reorder_point
       and i.variant_id > ${after ?? '00000000-0000-0000-0000-000000000000'}::uuid
     order by i.variant_id limit ${limit}`)
