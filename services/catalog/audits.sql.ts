import { sql, type Tx } from '@souk/postgres'

type Row = { subject: string; message: string }

/** Variants changed since a moment (by their products), whose price is not the last one of their history. */
export const pricesOffTheirHistory = (tx: Tx, since: Date | undefined, limit: number) =>
  tx.many<Row>(sql`
    select 'variant ' || v.variant_id as subject,
      'costs ' || v.price_minor || ' at version ' || v.price_version || ', its history ends with ' ||
        coalesce(h.price_minor || ' at version ' || h.price_version, 'nothing') as message
    from variants v join products p using (product_id) left join lateral (
      select price_minor, price_version from prices h where h.variant_id = v.variant_id order by price_version desc limit 1) h on true
    where ${since === undefined ? sql`true` : sql`p.changed_at >= ${since}`}
      and (h.price_minor, h.price_version) is distinct from (v.price_minor, v.price_version)
    limit ${limit}`)

export const countVariants = async (tx: Tx, since: Date | undefined) =>
  (
    await tx.one<{ count: number }>(sql`
      select count(*) as count from variants v join products p using (product_id)
      where ${since === undefined ? sql`true` : sql`p.changed_at >= ${since}`}`)
  ).count

/** Products on show that are missing from a list they belong in, or are listed at another price or title. */
export const productsOffTheirLists = (tx: Tx, since: Date | undefined, limit: number) =>
  tx.many<Row>(sql`
    select 'product ' || p.product_id as subject, 'is not listed as it should be under ' || f.facet as message
    from products p cross join lateral unnest(p.facets) as f (facet)
    left join listings l on l.facet = f.facet and l.product_id = p.product_id
    where ${since === undefined ? sql`true` : sql`p.changed_at >= ${since}`}
      and case when p.listed
        then (l.price_from_minor, l.title_key) is distinct from (p.price_from_minor, p.title_key)
        else l.product_id is not null end
    limit ${limit}`)

export const countProducts = async (tx: Tx, since: Date | undefined) =>
  (
    await tx.one<{ count: number }>(sql`
      select count(*) as count from products p where ${since === undefined ? sql`true` : sql`p.changed_at >= ${since}`}`)
  ).count

export const overlappingSales = (tx: Tx, limit: number) =>
  tx.many<Row>(sql`
    select 'sale ' || a.sale_window_id as subject, 'overlaps sale ' || b.sale_window_id || ' of the same variant' as message
    from sale_windows a join sale_windows b on b.variant_id = a.variant_id and b.sale_window_id > a.sale_window_id
    where a.status in ('pending', 'planned') and b.status in ('pending', 'planned')
      and a.starts_at < b.ends_at and b.starts_at < a.ends_at limit ${limit}`)

export const stuckSales = (tx: Tx, limit: number) =>
  tx.many<Row>(sql`
    select 'sale ' || sale_window_id as subject, 'has been ' || status || ' for over five minutes' as message from sale_windows
    where status in ('pending', 'cancelling') and changed_at < now() - interval '5 minutes' limit ${limit}`)

export const countSales = async (tx: Tx) =>
  (
    await tx.one<{ count: number }>(
      sql`select count(*) as count from sale_windows where status in ('pending', 'planned', 'cancelling')`,
    )
  ).count
