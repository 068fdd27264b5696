import { sql, type Tx } from '@souk/postgres'

/** What orders held and give back; several of them may name the same allotment. */
export type Released = { variantId: string; saleWindowId: string | null; capId: string | null; quantity: number }

/**
 * Give units back. Units of a sale return to the sale while it runs; once it has ended they leave it and go on ordinary
 * sale. Either way what is granted minus what remains goes down by the quantity, once.
 * @param caps customers' caps of vouchers, of which one use each is given back
 */
export async function releaseUnits(tx: Tx, released: readonly Released[], caps: readonly string[] = []): Promise<void> {
  const sorted = [...released].sort((a, b) => (a.variantId < b.variantId ? -1 : 1))
  // All of them are locked, not only the ended: one that ends between this look and the update would keep the units for good.
  const windows = await tx.many<{ sale_window_id: string; ended: boolean }>(sql`
    select sale_window_id, ended_at is not null as ended from sale_windows
    where sale_window_id = any(${sorted.map((line) => line.saleWindowId)}::uuid[])
    order by sale_window_id for share`)
  const ended = new Set(windows.filter((window) => window.ended).map((window) => window.sale_window_id))
  // Summed by allotment: an update takes one row of what it is joined with, and forgets the others.
  const sums = new Map<string, { id: string; remaining: number; granted: number }>()
  const give = (id: string, remaining: number, granted: number) => {
    const sum = sums.get(id) ?? { id, remaining: 0, granted: 0 }
    sum.remaining += remaining
    sum.granted += granted
    sums.set(id, sum)
  }
  for (const line of sorted) {
    if (line.saleWindowId === null) give(line.variantId, line.quantity, 0)
    else if (!ended.has(line.saleWindowId)) give(line.saleWindowId, line.quantity, 0)
    else {
      give(line.saleWindowId, 0, -line.quantity)
      give(line.variantId, line.quantity, line.quantity)
    }
    if (line.capId !== null) give(line.capId, line.quantity, 0)
  }
  for (const id of caps) give(id, 1, 0)
  const back = [...sums.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  // In the order in which orders take them, or the two would wait for each other.
  await tx.many(sql`
    select 1 from allotments where kind in (1, 2, 3) and allotment_id = any(${back.map((row) => row.id)}::uuid[])
    order by (kind = 3) desc, allotment_id for update`)
  await tx.run(sql`
    update allotments a set remaining = a.remaining + b.remaining, granted = a.granted + b.granted
    from unnest(${back.map((row) => row.id)}::uuid[], ${back.map((row) => row.remaining)}::bigint[],
      ${back.map((row) => row.granted)}::bigint[]) as b (allotment_id, remaining, granted)
    where a.kind in (1, 2, 3) and a.allotment_id = b.allotment_id`)
}

export type Transfer = { transferId: string; shopId: string; variantId: string; quantity: number }
export type TransferOutcome = { transferId: string; quantity: number; remaining: number }

/** What earlier calls with these transfer ids came to. */
export const findTransfers = (tx: Tx, transferIds: readonly string[]) =>
  tx.many<TransferOutcome>(sql`
    select transfer_id as "transferId", quantity, remaining from transfers where transfer_id = any(${transferIds}::uuid[])`)

/** Make sure every variant has its row, so that it can be locked and raised. */
export const ensureGoods = (tx: Tx, transfers: readonly Transfer[]) =>
  tx.run(sql`
    insert into allotments (kind, allotment_id, shop_id, granted, remaining)
    select 1, t.variant_id, t.shop_id, 0, 0
    from unnest(${transfers.map((transfer) => transfer.variantId)}::uuid[], ${transfers.map((transfer) => transfer.shopId)}::uuid[])
      as t (variant_id, shop_id)
    order by t.variant_id on conflict do nothing`)

export type GoodsRow = { allotment_id: string; shop_id: string; granted: number; remaining: number }

export const lockGoods = (tx: Tx, variantIds: readonly string[]) =>
  tx.many<GoodsRow>(sql`
    select allotment_id, shop_id, granted, remaining from allotments
    where kind = 1 and allotment_id = any(${variantIds}::uuid[]) order by allotment_id for update`)

/** Change what is granted and what remains of variants by the same number of units, and remember each transfer. */
export const applyTransfers = async (tx: Tx, transfers: readonly (Transfer & { remaining: number })[]) => {
  await tx.run(sql`
    insert into transfers (transfer_id, variant_id, shop_id, quantity, remaining)
    select * from unnest(${transfers.map((transfer) => transfer.transferId)}::uuid[],
      ${transfers.map((transfer) => transfer.variantId)}::uuid[], ${transfers.map((transfer) => transfer.shopId)}::uuid[],
      ${transfers.map((transfer) => transfer.quantity)}::bigint[], ${transfers.map((transfer) => transfer.remaining)}::bigint[])`)
  await tx.run(sql`
    update allotments a set granted = a.granted + t.quantity, remaining = a.remaining + t.quantity
    from (select variant_id, sum(quantity)::bigint as quantity
          from unnest(${transfers.map((transfer) => transfer.variantId)}::uuid[], ${transfers.map((transfer) => transfer.quantity)}::bigint[])
            as t (variant_id, quantity) group by variant_id) t
    where a.kind = 1 and a.allotment_id = t.variant_id`)
}

export type AllotmentRow = {
  variant_id: string
  granted: number
  remaining: number
  set_aside: number
  issuing: number
}

/**
 * Granted to a variant in all its forms, what ordinary sale has left, what its sales have left, and what is in shipments that
 * inventory may have issued already. One statement, and so one snapshot: a shipment that is written down in between two would
 * be missing from both.
 */
export const listAllotments = (tx: Tx, variantIds: readonly string[]) =>
  tx.many<AllotmentRow>(sql`
    select a.allotment_id as variant_id, a.granted + coalesce(s.granted, 0)::bigint as granted, a.remaining,
      coalesce(s.remaining, 0)::bigint as set_aside, coalesce(i.quantity, 0)::bigint as issuing
    from allotments a
    left join lateral (
      select sum(sale.granted) as granted, sum(sale.remaining) as remaining
      from sale_windows w join allotments sale on sale.kind = 2 and sale.allotment_id = w.sale_window_id
      where w.variant_id = a.allotment_id) s on true
    left join (
      select l.variant_id, sum(l.quantity) as quantity
      from shipments sent join shipment_lines l using (shipment_id)
      where sent.state = 'issuing' and l.variant_id = any(${variantIds}::uuid[]) group by 1) i
      on i.variant_id = a.allotment_id
    where a.kind = 1 and a.allotment_id = any(${variantIds}::uuid[])`)
