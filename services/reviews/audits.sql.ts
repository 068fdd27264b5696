import { sql, type Tx } from '@souk/postgres'

export const countReviews = async (tx: Tx) =>
  (await tx.one<{ count: number }>(sql`select count(*) as count from reviews`)).count

/** Products whose rating is not what their published reviews add up to. */
export const wrongRatings = (tx: Tx, limit: number) =>
  tx.many<{ productId: string; kept: string; counted: string }>(sql`
    select coalesce(r.product_id, c.product_id) as "productId", coalesce(r.stars, '{0,0,0,0,0}')::text as kept,
      coalesce(c.stars, '{0,0,0,0,0}')::text as counted
    from (select product_id, array[ones, twos, threes, fours, fives]::bigint[] as stars from ratings) r
    full join (
      select product_id, array[count(*) filter (where rating = 1), count(*) filter (where rating = 2),
        count(*) filter (where rating = 3), count(*) filter (where rating = 4), count(*) filter (where rating = 5)] as stars
      from reviews where state = 'published' group by product_id) c on c.product_id = r.product_id
    where coalesce(r.stars, '{0,0,0,0,0}') <> coalesce(c.stars, '{0,0,0,0,0}') limit ${limit}`)

export const withoutPurchase = (tx: Tx, limit: number) =>
  tx.many<{ reviewId: string }>(sql`
    select review_id as "reviewId" from reviews r
    where not exists (
      select from purchases p where p.customer_id = r.customer_id and p.product_id = r.product_id and p.shop_id = r.shop_id)
    limit ${limit}`)

/** Reviews whose counts of votes and open reports are not those of their rows, or which their history does not end with. */
export const wrongCounts = (tx: Tx, limit: number) =>
  tx.many<{ reviewId: string; what: string }>(sql`
    select * from (
      select r.review_id as "reviewId", case
        when r.helpful <> (select count(*) from helpful_votes v where v.review_id = r.review_id) then 'its votes are miscounted'
        when r.open_reports <> (select count(*) from reports p where p.review_id = r.review_id and p.open)
          then 'its reports are miscounted'
        when r.state is distinct from (
          select case h.what when 'approved' then 'published' when 'refused' then 'refused' else 'pending' end
          from review_history h where h.review_id = r.review_id and h.what in ('written', 'edited', 'approved', 'refused')
          order by entry_id desc limit 1) then 'it is ' || r.state || ', and its history does not end so'
        end as what
      from reviews r) w
    where what is not null limit ${limit}`)
