import { type Sql, sql, type Tx } from '@souk/postgres'
import type { Item, Shelf } from './stock.ts'

const itemColumns = sql`
  variant_id as "variantId", product_id as "productId", shop_id as "shopId", sku, title, active, on_hand as "onHand",
  leaving, allotted, granting, withdrawing, alert_level as "alertLevel", version`

const shelfColumns = sql`variant_id as "variantId", location_id as "locationId", on_hand as "onHand", leaving`

/** Lock the totals of variants of one shop, in their order. Everything that changes stock begins with this. */
export const lockItems = (tx: Tx, shopId: string, variantIds: readonly string[]) =>
  tx.many<Item>(sql`
    select ${itemColumns} from items
     where shop_id = ${shopId} and variant_id = any(${variantIds}::uuid[])
     order by variant_id for update`)

/** What lies of these variants, at every location. Read under the lock of their items. */
export const findShelves = (tx: Tx, variantIds: readonly string[]) =>
  tx.many<Shelf>(sql`
    select ${shelfColumns} from stock where variant_id = any(${variantIds}::uuid[]) order by variant_id, location_id`)

export const findItemsOfProduct = (tx: Tx, productId: string) =>
  tx.many<Item>(sql`select ${itemColumns} from items where product_id = ${productId} order by variant_id limit 1000`)

export const findItems = (tx: Tx, variantIds: readonly string[]) =>
  tx.many<Item>(sql`
    select ${itemColumns} from items where variant_id = any(${variantIds}::uuid[]) order by variant_id`)

/** Keyset by variant id; `after` is the last one of the page before. */
export const listItems = (tx: Tx, shopId: string, low: boolean, after: string | undefined, limit: number) => {
  const onlyLow: Sql = low ? sql`and low` : sql``
  return tx.many<Item & { low: boolean }>(sql`
    select ${itemColumns}, low from items
     where shop_id = ${shopId} and variant_id > ${after ?? '00000000-0000-0000-0000-000000000000'}::uuid ${onlyLow}
     order by variant_id limit ${limit}`)
}

/** New totals of locked items. Each gets its next version. */
export const saveItems = (tx: Tx, items: readonly Item[], at: Date) =>
  tx.run(sql`
    update items i
       set on_hand = n.on_hand, leaving = n.leaving, allotted = n.allotted, granting = n.granting,
           withdrawing = n.withdrawing, version = i.version + 1, changed_at = ${at}
      from unnest(${items.map((item) => item.variantId)}::uuid[], ${items.map((item) => item.onHand)}::bigint[],
                  ${items.map((item) => item.leaving)}::bigint[], ${items.map((item) => item.allotted)}::bigint[],
                  ${items.map((item) => item.granting)}::bigint[], ${items.map((item) => item.withdrawing)}::bigint[])
           as n (variant_id, on_hand, leaving, allotted, granting, withdrawing)
     where i.variant_id = n.variant_id`)

export type ShelfChange = { variantId: string; locationId: string; onHand: number; leaving: number }

/** Add to what lies at locations (negative: take). A shelf that takes something for the first time is made. */
export const changeShelves = async (tx: Tx, changes: readonly ShelfChange[]): Promise<void> => {
  const columns = [
    changes.map((change) => change.variantId),
    changes.map((change) => change.locationId),
    changes.map((change) => change.onHand),
    changes.map((change) => change.leaving),
  ] as const
  // Made empty first: the check constraints of an upsert would be held against the row it would have inserted.
  await tx.run(sql`
    insert into stock (variant_id, location_id, on_hand)
    select variant_id, location_id, 0 from unnest(${columns[0]}::uuid[], ${columns[1]}::uuid[]) as n (variant_id, location_id)
    on conflict do nothing`)
  await tx.run(sql`
    update stock s
       set on_hand = s.on_hand + n.on_hand, leaving = s.leaving + n.leaving, version = s.version + 1
      from unnest(${columns[0]}::uuid[], ${columns[1]}::uuid[], ${columns[2]}::bigint[], ${columns[3]}::bigint[])
           as n (variant_id, location_id, on_hand, leaving)
     where s.variant_id = n.variant_id and s.location_id = n.location_id`)
}

export type Projected = {
  variantId: string
  productId: string
  shopId: string
  sku: string
  title: string
  active: boolean
  version: number
}

/** What the catalog says of variants; an older version than the one known changes nothing. */
export const upsertItems = (tx: Tx, variants: readonly Projected[], at: Date) =>
  tx.run(sql`
    insert into items (variant_id, product_id, shop_id, sku, title, active, catalog_version, changed_at)
    select n.*, ${at} from unnest(
             ${variants.map((each) => each.variantId)}::uuid[], ${variants.map((each) => each.productId)}::uuid[],
             ${variants.map((each) => each.shopId)}::uuid[], ${variants.map((each) => each.sku)}::text[],
             ${variants.map((each) => each.title)}::text[], ${variants.map((each) => each.active)}::boolean[],
             ${variants.map((each) => each.version)}::bigint[])
           as n (variant_id, product_id, shop_id, sku, title, active, version)
     order by n.variant_id
    on conflict (variant_id) do update
       set sku = excluded.sku, title = excluded.title, active = excluded.active,
           catalog_version = excluded.catalog_version
     where items.catalog_version < excluded.catalog_version and items.shop_id = excluded.shop_id`)

/** Resolves to undefined when the shop has no such variant. */
export const setAlertLevel = (tx: Tx, variantId: string, shopId: string, level: number | null) =>
  tx.maybeOne<Item & { low: boolean }>(sql`
    update items set alert_level = ${level}
     where variant_id = ${variantId} and shop_id = ${shopId} returning ${itemColumns}, low`)

/** For the comparison with orders: variants that have, or are about to have, something granted. */
export const listGranted = (tx: Tx, after: string | undefined, limit: number) =>
  tx.many<{ variantId: string; shopId: string; allotted: number; inTransfer: number }>(sql`
    select variant_id as "variantId", shop_id as "shopId", allotted, granting - withdrawing as "inTransfer"
      from items where variant_id > ${after ?? '00000000-0000-0000-0000-000000000000'}::uuid
     order by variant_id limit ${limit}`)

export type Location = { locationId: string; name: string; isDefault: boolean; createdAt: Date }
const locationColumns = sql`id as "locationId", name, is_default as "isDefault", created_at as "createdAt"`

export const insertLocation = (tx: Tx, id: string, shopId: string, name: string, isDefault: boolean, at: Date) =>
  tx.maybeOne<Location>(sql`
    insert into locations (id, shop_id, name, is_default, created_at)
    values (${id}, ${shopId}, ${name}, ${isDefault}, ${at})
    on conflict do nothing returning ${locationColumns}`)

export const findDefaultLocation = (tx: Tx, shopId: string) =>
  tx.maybeOne<Location>(sql`select ${locationColumns} from locations where shop_id = ${shopId} and is_default`)

export const findLocations = (tx: Tx, shopId: string, ids: readonly string[]) =>
  tx.many<Location>(sql`
    select ${locationColumns} from locations where shop_id = ${shopId} and id = any(${ids}::uuid[])`)

export const listLocations = (tx: Tx, shopId: string, after: string | undefined, limit: number) =>
  tx.many<Location>(sql`
    select ${locationColumns} from locations
     where shop_id = ${shopId} and id > ${after ?? '00000000-0000-0000-0000-000000000000'}::uuid
     order by id limit ${limit}`)

export type Movement = {
  id: string
  variantId: string
  shopId: string
  locationId: string | null
  kind: 'receipt' | 'write-off' | 'adjustment' | 'grant' | 'withdrawal' | 'issue' | 'return'
  onHandDelta: number
  allottedDelta: number
  onHand: number
  causeKind: 'change' | 'transfer' | 'shipment' | 'return'
  causeId: string
  actor: string
  note: string
}

export const insertMovements = (tx: Tx, movements: readonly Movement[], at: Date) =>
  tx.run(sql`
    insert into movements (id, variant_id, shop_id, location_id, kind, on_hand_delta, allotted_delta, on_hand,
                           cause_kind, cause_id, actor, note, at)
    select n.*, ${at} from unnest(
      ${movements.map((each) => each.id)}::uuid[], ${movements.map((each) => each.variantId)}::uuid[],
      ${movements.map((each) => each.shopId)}::uuid[], ${movements.map((each) => each.locationId)}::uuid[],
      ${movements.map((each) => each.kind)}::text[], ${movements.map((each) => each.onHandDelta)}::bigint[],
      ${movements.map((each) => each.allottedDelta)}::bigint[], ${movements.map((each) => each.onHand)}::bigint[],
      ${movements.map((each) => each.causeKind)}::text[], ${movements.map((each) => each.causeId)}::uuid[],
      ${movements.map((each) => each.actor)}::text[], ${movements.map((each) => each.note)}::text[]) as n`)

/** Newest first; `before` is the last one of the page before. */
export const listMovements = (tx: Tx, variantId: string, before: string | undefined, limit: number) =>
  tx.many<Movement & { at: Date }>(sql`
    select id, variant_id as "variantId", shop_id as "shopId", location_id as "locationId", kind,
           on_hand_delta as "onHandDelta", allotted_delta as "allottedDelta", on_hand as "onHand",
           cause_kind as "causeKind", cause_id as "causeId", actor, note, at
      from movements
     where variant_id = ${variantId} and id < ${before ?? 'ffffffff-ffff-ffff-ffff-ffffffffffff'}::uuid
     order by id desc limit ${limit}`)

/** What a change did, line by line. */
export const listMovementsOfChange = (tx: Tx, changeId: string) =>
  tx.many<{ variantId: string; delta: number; onHand: number }>(sql`
    select variant_id as "variantId", on_hand_delta as delta, on_hand as "onHand"
      from movements where cause_id = ${changeId} order by variant_id`)
