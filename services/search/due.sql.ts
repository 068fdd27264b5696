import { sql, type Tx } from '@souk/postgres'

export type Due = { productId: string; mark: number; sinceMs: number }

/** The documents of these products are to be written again. */
export const markDue = (tx: Tx, productIds: readonly string[]) =>
  tx.run(sql`
    insert into due (product_id) select distinct id from unnest(${productIds}::uuid[]) as t (id) order by id
    on conflict (product_id) do update set mark = nextval('marks')`)

export const nextDue = (tx: Tx, limit: number) =>
  tx.many<Due>(sql`
    select product_id as "productId", mark, extract(epoch from since) * 1000 as "sinceMs" from due order by mark limit ${limit}`)

/** Written: unless they were marked again meanwhile. */
export const clearDue = (tx: Tx, done: readonly Due[]) =>
  tx.run(sql`
    delete from due d using unnest(${done.map((one) => one.productId)}::uuid[], ${done.map((one) => one.mark)}::bigint[])
      as t (product_id, mark)
    where d.product_id = t.product_id and d.mark = t.mark`)

/** Of these, those that are to be written again, or whose shop opened or stopped and is being gone through. */
export const waitingOf = async (tx: Tx, productIds: readonly string[]): Promise<string[]> =>
  (
    await tx.many<{ id: string }>(sql`
      select t.id::text as id from unnest(${productIds}::uuid[]) as t (id)
      where exists (select from due d where d.product_id = t.id) or exists (
        select from documents o join shops s on s.shop_id = o.shop_id
        where o.product_id = t.id and s.remark_after is not null)`)
  ).map((row) => row.id)

/** Whether any shop, product, variant or sale waits for what `catchUp` does, or an index is being built. */
export const isAnythingDue = async (tx: Tx, now: Date): Promise<boolean> =>
  (
    await tx.one<{ due: boolean }>(sql`
      select exists (select from due) or exists (select from checks)
        or exists (select from shops where remark_after is not null)
        or exists (select from sales where turn_at <= ${now})
        or exists (select from index_state where asked_at is not null or started_at is not null) as due`)
  ).due

export type Check = { variantId: string; productId: string; shopId: string }

/**
 * Orders is to be asked about these variants. Whoever waits and was not yet being asked about when this statement began
 * is not marked again: the asking begins after `checkUpTo` is committed, so it will see what the caller knows. In a rush
 * that is nearly every variant of nearly every batch.
 */
export const markToCheck = (tx: Tx, checks: readonly Check[]) =>
  tx.run(sql`
    insert into checks (variant_id, product_id, shop_id)
    select distinct on (variant_id) t.* from unnest(${checks.map((one) => one.variantId)}::uuid[],
      ${checks.map((one) => one.productId)}::uuid[], ${checks.map((one) => one.shopId)}::uuid[])
      as t (variant_id, product_id, shop_id)
    where not exists (
      select from checks c where c.variant_id = t.variant_id and c.mark > (select checking_up_to from index_state))
    order by variant_id
    on conflict (variant_id) do update set mark = nextval('marks')`)

export const nextChecks = (tx: Tx, limit: number) =>
  tx.many<Check & { mark: number }>(sql`
    select variant_id as "variantId", product_id as "productId", shop_id as "shopId", mark from checks
    order by mark limit ${limit}`)

/** Orders is asked about what has a mark up to this from now on. To be committed before it is. */
export const checkUpTo = (tx: Tx, mark: number) =>
  tx.run(sql`update index_state set checking_up_to = ${mark} where checking_up_to < ${mark}`)

/** Settled: unless they were marked again meanwhile. */
export const clearChecks = (tx: Tx, done: readonly { variantId: string; mark: number }[]) =>
  tx.run(sql`
    delete from checks c using unnest(${done.map((one) => one.variantId)}::uuid[], ${done.map((one) => one.mark)}::bigint[])
      as t (variant_id, mark)
    where c.variant_id = t.variant_id and c.mark = t.mark`)

/** Write down what orders said; products of which something changed are due. Resolves to how many. */
export const settleChecks = (
  tx: Tx,
  answers: readonly { variantId: string; productId: string; available: boolean }[],
) =>
  tx.run(sql`
    with changed as (
      insert into availability as a (variant_id, product_id, available)
      select t.* from unnest(${answers.map((one) => one.variantId)}::uuid[], ${answers.map((one) => one.productId)}::uuid[],
        ${answers.map((one) => one.available)}::boolean[]) as t (variant_id, product_id, available)
      where not exists (
        select from availability known where known.variant_id = t.variant_id and known.available = t.available)
      order by variant_id
      on conflict (variant_id) do update set available = excluded.available
      where a.available <> excluded.available
      returning product_id, available, xmax = 0 as first)
    insert into due (product_id)
    select distinct product_id from changed where available or not first order by product_id
    on conflict (product_id) do update set mark = nextval('marks')`)

export const findAvailability = (tx: Tx, productIds: readonly string[]) =>
  tx.many<{ variantId: string; available: boolean }>(sql`
    select variant_id as "variantId", available from availability where product_id = any(${productIds}::uuid[])`)

/** The next shop that opened or stopped: its products in the index, `limit` at a time, are marked. False when none is left. */
export const shopToRemark = (tx: Tx) =>
  tx.maybeOne<{ shopId: string; after: string; version: number }>(sql`
    select shop_id as "shopId", remark_after as after, version from shops where remark_after is not null
    order by shop_id limit 1 for update skip locked`)

export const remarkFrom = (tx: Tx, shopId: string, version: number, after: string | null) =>
  tx.run(sql`update shops set remark_after = ${after}::uuid where shop_id = ${shopId} and version = ${version}`)

export type Rebuild = {
  building: number | null
  filledAfter: string | null
  filled: number
  askedAt: Date | null
  startedAt: Date | null
  finishedAt: Date | null
}

export const readRebuild = (tx: Tx) =>
  tx.one<Rebuild>(sql`
    select building, filled_after as "filledAfter", filled, asked_at as "askedAt", started_at as "startedAt",
      finished_at as "finishedAt" from index_state`)

export const askRebuild = (tx: Tx, now: Date) => tx.run(sql`update index_state set asked_at = ${now}`)

export const rebuildStarted = (tx: Tx, now: Date) =>
  tx.run(sql`
    update index_state set started_at = ${now}, filled_after = null, filled = 0, asked_at = null`)

export const rebuildWent = (tx: Tx, filledAfter: string, more: number) =>
  tx.run(sql`update index_state set filled_after = ${filledAfter}, filled = filled + ${more}`)

export const rebuildFinished = (tx: Tx, now: Date) =>
  tx.run(sql`update index_state set started_at = null, filled_after = null, finished_at = ${now}`)
