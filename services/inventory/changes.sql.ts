import { integerArray, sql, type Tx, uuidArray } from '@souk/postgres'
import type { Take } from './lots.ts'
import type { Line } from './stock.ts'

export type ChangeState = 'withdrawing' | 'applied' | 'refused'
export type Change = {
  id: string
  shopId: string
  reason: string
  note: string
  actor: string
  requestHash: Buffer
  state: ChangeState
}

const changeColumns = sql`id, shop_id as "shopId", reason, note, actor, request_hash as "requestHash", state`

/** Resolves to 0 when a change of this id is known already; waits for one that is being written. */
export const insertChange = (tx: Tx, change: Change, at: Date) =>
  tx.run(sql`
    insert into changes (id, shop_id, reason, note, actor, request_hash, state, created_at, settled_at)
    values (${change.id}, ${change.shopId}, ${change.reason}, ${change.note}, ${change.actor}, ${change.requestHash},
            ${change.state}, ${at}, ${change.state === 'withdrawing' ? null : at})
    on conflict (id) do nothing`)

export const findChange = (tx: Tx, id: string, shopId: string) =>
  tx.maybeOne<Change>(sql`select ${changeColumns} from changes where id = ${id} and shop_id = ${shopId}`)

/** Resolves to undefined when it has been settled: whoever came first did all of it. */
export const lockPendingChange = (tx: Tx, id: string) =>
  tx.maybeOne<Change>(sql`
    select ${changeColumns} from changes where id = ${id} and state = 'withdrawing' for update`)

export const settleChange = (tx: Tx, id: string, state: ChangeState, at: Date) =>
  tx.run(sql`update changes set state = ${state}, settled_at = ${at} where id = ${id}`)

/** A line with the lot its goods go to found. */
export type PlacedLine = Omit<Line, 'into'> & { lotId: string | null }

export const insertLines = (tx: Tx, changeId: string, lines: readonly PlacedLine[]) =>
  tx.run(sql`
    insert into change_lines (change_id, variant_id, location_id, lot_id, delta, withdraw)
    select ${changeId}::uuid, n.* from unnest(
      ${lines.map((line) => line.variantId)}::uuid[], ${lines.map((line) => line.locationId)}::uuid[],
      ${lines.map((line) => line.lotId)}::uuid[],
      ${lines.map((line) => line.delta)}::bigint[], ${lines.map((line) => line.withdraw)}::bigint[]) as n`)

/** Where a change that waits will take its goods from. */
export const insertTakes = (tx: Tx, changeId: string, takes: readonly Take[]) =>
  tx.run(sql`
    insert into change_takes (change_id, lot_id, variant_id, units)
    select ${changeId}::uuid, n.* from unnest(
      ${uuidArray(takes.map((take) => take.lotId))}::uuid[], ${uuidArray(takes.map((take) => take.variantId))}::uuid[],
      ${integerArray(takes.map((take) => take.units))}::bigint[]) as n`)

export const findLines = async (tx: Tx, changeId: string): Promise<(PlacedLine & { atMost: number | null })[]> => {
  const lines = await tx.many<Omit<PlacedLine, 'takes'> & { atMost: number | null }>(sql`
    select variant_id as "variantId", location_id as "locationId", lot_id as "lotId", delta, withdraw,
           at_most as "atMost"
      from change_lines where change_id = ${changeId} order by variant_id`)
  const takes = await tx.many<Take>(sql`
    select lot_id as "lotId", variant_id as "variantId", units from change_takes where change_id = ${changeId}`)
  const takesOf = Map.groupBy(takes, (take) => take.variantId)
  return lines.map((line) => ({ ...line, takes: line.delta < 0 ? (takesOf.get(line.variantId) ?? []) : [] }))
}

export const markRefusedLines = (tx: Tx, changeId: string, lines: readonly { variantId: string; atMost: number }[]) =>
  tx.run(sql`
    update change_lines l set at_most = n.at_most
      from unnest(${lines.map((line) => line.variantId)}::uuid[], ${lines.map((line) => line.atMost)}::bigint[])
           as n (variant_id, at_most)
     where l.change_id = ${changeId} and l.variant_id = n.variant_id`)

/** Once it has ended nothing is about to leave any more. */
export const deleteTakes = (tx: Tx, changeId: string) =>
  tx.run(sql`delete from change_takes where change_id = ${changeId}`)

/** What an applied change did is in the ledger; its lines were only its memory while it waited. */
export const deleteLines = (tx: Tx, changeId: string) =>
  tx.run(sql`delete from change_lines where change_id = ${changeId}`)

export type Transfer = {
  id: string
  changeId: string
  shopId: string
  variantId: string
  direction: 'grant' | 'withdrawal'
  quantity: number
}
const transferColumns = sql`
  id, change_id as "changeId", shop_id as "shopId", variant_id as "variantId", direction, quantity`

export const insertTransfers = (tx: Tx, transfers: readonly Transfer[], at: Date) =>
  tx.run(sql`
    insert into transfers (id, change_id, shop_id, variant_id, direction, quantity, state, created_at)
    select n.*, 'pending', ${at} from unnest(
      ${transfers.map((each) => each.id)}::uuid[], ${transfers.map((each) => each.changeId)}::uuid[],
      ${transfers.map((each) => each.shopId)}::uuid[], ${transfers.map((each) => each.variantId)}::uuid[],
      ${transfers.map((each) => each.direction)}::text[], ${transfers.map((each) => each.quantity)}::bigint[]) as n`)

/** Those of a change that are still pending, by variant. */
export const findPendingTransfers = (tx: Tx, changeId: string, direction: Transfer['direction']) =>
  tx.many<Transfer>(sql`
    select ${transferColumns} from transfers
     where change_id = ${changeId} and direction = ${direction} and state = 'pending' order by variant_id`)

/** Resolves to those this call has settled; what was settled before is left out. Under the lock of their items. */
export const settleTransfers = (tx: Tx, ids: readonly string[], state: 'done' | 'refused', at: Date) =>
  tx.many<Transfer>(sql`
    update transfers set state = ${state}, settled_at = ${at}
     where id = any(${ids}::uuid[]) and state = 'pending' returning ${transferColumns}`)

export type PendingChange = { changeId: string; shopId: string }

/** Changes with transfers begun before `before` and not settled, oldest first. */
export const listPendingChanges = (tx: Tx, before: Date, limit: number) =>
  tx.many<PendingChange>(sql`
    select change_id as "changeId", shop_id as "shopId" from transfers
     where state = 'pending' and created_at < ${before}
     group by change_id, shop_id order by min(created_at), change_id limit ${limit}`)

/** The same for the transfers of these variants, whatever their age. */
export const listPendingChangesOf = (tx: Tx, variantIds: readonly string[]) =>
  tx.many<PendingChange>(sql`
    select change_id as "changeId", shop_id as "shopId" from transfers
     where state = 'pending' and variant_id = any(${variantIds}::uuid[])
     group by change_id, shop_id order by change_id`)
