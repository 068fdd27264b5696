import { sql, type Tx } from '@souk/postgres'

/** What a sale may still promise of what was set aside for it; undefined for a sale nothing was ever set aside for. */
export const unitsOfSale = (tx: Tx, saleWindowId: string) =>
  tx.maybeOne<{ granted: number; remaining: number; ended: boolean }>(sql`
    select coalesce(a.granted, 0)::bigint as granted, coalesce(a.remaining, 0)::bigint as remaining,
      w.ended_at is not null as ended
    from sale_windows w left join allotments a on a.kind = 2 and a.allotment_id = w.sale_window_id
    where w.sale_window_id = ${saleWindowId}`)
