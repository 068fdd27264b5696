import { integerArray, sql, type Tx, uuidArray } from '@souk/postgres'
import type { IssuableLot } from './issue-lots.ts'
import type { IssueRule, Lot, LotName, Take } from './lots.ts'

const lotColumns = sql`
  l.id as "lotId", l.variant_id as "variantId", l.location_id as "locationId", l.shop_id as "shopId", l.code,
  l.expires_on::text as "expiresOn", l.received_at as "receivedAt", l.on_hand as "onHand", l.assigned, l.leaving`

const nil = '00000000-0000-0000-0000-000000000000'

/**
 * Lock all lots of these variants that hold goods, with the rule by which they are issued. Everybody locks lots in this
 * order, and items, if those too, before them: nobody waits in a circle.
 */
export const lockLots = (tx: Tx, variantIds: readonly string[]) =>
  tx.many<IssuableLot>(sql`
    select ${lotColumns}, coalesce((select i.issue_rule from items i where i.variant_id = l.variant_id),
             (select r.issue_rule from shop_rules r where r.shop_id = l.shop_id), 'fefo') as rule
      from lots l
     where l.variant_id = any(${uuidArray(variantIds)}::uuid[]) and l.on_hand > 0
     order by l.variant_id, l.id for update of l`)

/** Lock lots by their ids, in the same order, whether or not they hold goods. */
export const lockLotsById = (tx: Tx, lotIds: readonly string[]) =>
  tx.many<Lot>(sql`
    select ${lotColumns} from lots l where l.id = any(${uuidArray(lotIds)}::uuid[])
     order by l.variant_id, l.id for update`)

export type NewLot = LotName & { lotId: string; variantId: string; locationId: string; shopId: string }

/** Find lots by shelf and code, or make them. Under the lock of their items. @returns one each, in no order. */
export const ensureLots = async (tx: Tx, lots: readonly NewLot[], at: Date): Promise<Lot[]> => {
  const variantIds = uuidArray(lots.map((lot) => lot.variantId))
  const locationIds = uuidArray(lots.map((lot) => lot.locationId))
  const codes = lots.map((lot) => lot.code)
  await tx.run(sql`
    insert into lots (id, variant_id, location_id, shop_id, code, expires_on, received_at)
    select n.*, ${at} from unnest(
      ${uuidArray(lots.map((lot) => lot.lotId))}::uuid[], ${variantIds}::uuid[], ${locationIds}::uuid[],
      ${uuidArray(lots.map((lot) => lot.shopId))}::uuid[], ${codes}::text[],
      ${lots.map((lot) => lot.expiresOn)}::date[]) as n
    on conflict (variant_id, location_id, code) do nothing`)
  return await tx.many<Lot>(sql`
    select ${lotColumns}
      from unnest(${variantIds}::uuid[], ${locationIds}::uuid[], ${codes}::text[]) as n (variant_id, location_id, code)
           join lots l using (variant_id, location_id, code)
     order by l.variant_id, l.id for update of l`)
}

export type LotChange = { lotId: string; onHand: number; assigned: number; leaving: number }

/** Add to what lots have (negative: take); each lot once. Under their locks. */
export const changeLots = (tx: Tx, changes: readonly LotChange[]) =>
  tx.run(sql`
    update lots l
       set on_hand = l.on_hand + n.on_hand, assigned = l.assigned + n.assigned, leaving = l.leaving + n.leaving
      from unnest(${uuidArray(changes.map((each) => each.lotId))}::uuid[],
                  ${integerArray(changes.map((each) => each.onHand))}::bigint[],
                  ${integerArray(changes.map((each) => each.assigned))}::bigint[],
                  ${integerArray(changes.map((each) => each.leaving))}::bigint[])
           as n (lot_id, on_hand, assigned, leaving)
     where l.id = n.lot_id`)

/** Why lots changed: a cause has one for each lot. */
export const insertLotMovements = (tx: Tx, causeId: string, movements: readonly Take[]) =>
  tx.run(sql`
    insert into lot_movements (cause_id, lot_id, variant_id, delta)
    select ${causeId}::uuid, n.* from unnest(
      ${uuidArray(movements.map((each) => each.lotId))}::uuid[],
      ${uuidArray(movements.map((each) => each.variantId))}::uuid[],
      ${integerArray(movements.map((each) => each.units))}::bigint[]) as n`)

export const findLot = (tx: Tx, lotId: string) =>
  tx.maybeOne<Lot>(sql`select ${lotColumns} from lots l where l.id = ${lotId}`)

/** Those of a variant that hold goods. Keyset by id. */
export const listLots = (tx: Tx, variantId: string, after: string | undefined, limit: number) =>
  tx.many<Lot>(sql`
    select ${lotColumns} from lots l
     where l.variant_id = ${variantId} and l.on_hand > 0 and l.id > ${after ?? nil}::uuid
     order by l.id limit ${limit}`)

export type ExpiringAfter = { expiresOn: string; lotId: string }
const first: ExpiringAfter = { expiresOn: '-infinity', lotId: nil }

/** A shop's lots that hold goods and expire on `until` or before; the earliest first, those that have expired too. */
export const listExpiringLots = (
  tx: Tx,
  shopId: string,
  until: string,
  after: ExpiringAfter | undefined,
  limit: number,
) => {
  const from = after ?? first
  return tx.many<Lot>(sql`
    select ${lotColumns} from lots l
     where l.shop_id = ${shopId} and l.on_hand > 0 and l.expires_on <= ${until}::date
       and (l.expires_on, l.id) > (${from.expiresOn}::date, ${from.lotId}::uuid)
     order by l.expires_on, l.id limit ${limit}`)
}

/** Lots of all shops that may not be handed over any more and hold goods that are nobody's. */
export const listExpiredLots = (tx: Tx, today: string, after: ExpiringAfter | undefined, limit: number) => {
  const from = after ?? first
  return tx.many<Lot>(sql`
    select ${lotColumns} from lots l
     where l.on_hand > 0 and l.expires_on < ${today}::date and l.on_hand > l.assigned + l.leaving
       and (l.expires_on, l.id) > (${from.expiresOn}::date, ${from.lotId}::uuid)
     order by l.expires_on, l.id limit ${limit}`)
}

/** Resolves to undefined when the shop has no such variant. null: as the shop has it. */
export const setIssueRule = (tx: Tx, variantId: string, shopId: string, rule: IssueRule | null) =>
  tx.maybeOne<{ issueRule: IssueRule | null }>(sql`
    update items set issue_rule = ${rule} where variant_id = ${variantId} and shop_id = ${shopId}
    returning issue_rule as "issueRule"`)

export const setShopIssueRule = (tx: Tx, shopId: string, rule: IssueRule) =>
  tx.run(sql`
    insert into shop_rules (shop_id, issue_rule) values (${shopId}, ${rule})
    on conflict (shop_id) do update set issue_rule = excluded.issue_rule`)

export const findShopIssueRule = (tx: Tx, shopId: string) =>
  tx.maybeOne<{ issueRule: IssueRule }>(sql`
    select issue_rule as "issueRule" from shop_rules where shop_id = ${shopId}`)
