import { type Sql, sql, type Tx } from '@souk/postgres'
import type { BucketTables } from '@souk/service'
import { keepingChecks } from './audits-kept.sql.ts'

/**
 * What audits have kept does not hold once orders came or went without an event here: the next one adds everything up. The
 * marks are not deleted, so that one under way, which replaces the mark it has read, does not take none for none yet.
 */
const forgetAudited: readonly Sql[] = keepingChecks.map(
  (name) => sql`
    insert into orders.audit_marks (name, snapshot, made_at) values (${name}, pg_current_snapshot(), to_timestamp(0))
    on conflict (name) do update set snapshot = excluded.snapshot, made_at = excluded.made_at`,
)

export const orderBuckets: BucketTables = {
  tables: {
    // A copy of what shops are, but for what promotions has told of them on their own shard.
    shops: { ofShop: 'shop_id', replaces: true },
    offers: { ofId: 'variant_id' },
    sale_windows: { ofId: 'sale_window_id' },
    // Caps have an id that is a checksum.
    allotments: { ofShop: 'shop_id' },
    transfers: { ofId: 'variant_id' },
    voucher_limits: { ofShop: 'shop_id' },
    orders: { ofId: 'order_id' },
    order_lines_apart: { ofId: 'order_id' },
    order_details: { ofId: 'order_id' },
    order_uses: { ofId: 'order_id' },
    order_steps: { ofId: 'order_id' },
    order_keys: { ofId: 'order_id', unique: { column: 'key', among: ['customer_id', 'key', 'day'] } },
    order_requests: { ofId: 'order_id', unique: { column: 'key', among: ['customer_id', 'key'] } },
    shipments: { ofId: 'order_id' },
    shipment_lines: { ofId: 'shipment_id' },
    shipped_until: { ofShop: 'shop_id' },
    returns: { ofId: 'order_id' },
    return_lines: { ofId: 'return_id' },
    imports: { ofId: 'import_id' },
    import_lines: { ofId: 'import_id' },
    import_rejects: { ofId: 'import_id' },
    import_returns: { ofId: 'import_id' },
    import_slices: { ofId: 'import_id' },
    import_sums: { ofId: 'import_id' },
    imported_customers: { ofShop: 'shop_id' },
    imported_orders: { ofShop: 'shop_id' },
    imported_products: { ofShop: 'shop_id' },
    // Up to where orders were looked at for steps that were forgotten: what comes may not have been yet.
    saga_watch: {
      ofAll: true,
      merge: (table, brought) =>
        sql`update ${table} as here set looked_until = least(here.looked_until, there.looked_until) from ${brought} as there`,
    },
    told_elsewhere: 'stays',
    audited: 'stays',
  },
  arrived: ({ moveId, brought }) => [
    sql`update orders.told_elsewhere t set until_version = o.version, brought_by = ${moveId}
      from ${brought('orders')} o where o.order_id = t.order_id and t.until_version is null`,
    sql`insert into orders.told_elsewhere (order_id, after_version, until_version, brought_by)
      select o.order_id, 0, o.version, ${moveId} from ${brought('orders')} o
      where not exists (select from orders.told_elsewhere t where t.order_id = o.order_id and t.brought_by = ${moveId})`,
    ...forgetAudited,
  ],
  notArrived: ({ moveId }) => [
    sql`delete from orders.told_elsewhere where brought_by = ${moveId} and after_version = 0`,
    sql`update orders.told_elsewhere set until_version = null, brought_by = null where brought_by = ${moveId}`,
    ...forgetAudited,
  ],
  leaving: (isGoing) => [
    sql`insert into orders.told_elsewhere (order_id, after_version)
      select order_id, version from orders.orders where ${isGoing('order_id')}
      on conflict (order_id, after_version) do update set until_version = null, brought_by = null`,
    ...forgetAudited,
  ],
}

/** What the audit cannot ask for any more: orders from before the oldest event that is kept. */
export const forgetToldElsewhere = (tx: Tx): Promise<number> =>
  tx.run(sql`
    delete from told_elsewhere using (select min(seq) as seq, min(written_at) as at from outbox) oldest
    where oldest.seq > 1 and order_id < first_id_at(oldest.at)`)
