import type pg from 'pg'

/** Units on each of the floor's 1,000 SKUs: more than any run can sell. */
const unitsPerSku = 1_000_000_000

/** Drops and creates the schema `floor`: every run of the floor starts empty. */
export const createTables = (db: pg.Pool) =>
  db.query(`
    drop schema if exists floor cascade;
    create schema floor;
    create table floor.stock (
      sku int primary key,
      available int not null check (available >= 0),
      sold int not null default 0
    ) with (fillfactor = 50);
    create table floor.orders (
      id uuid primary key,
      customer_id uuid not null,
      idempotency_key text not null,
      status smallint not null default 0,
      total_minor bigint not null,
      placed_at timestamptz not null default now(),
      lines jsonb not null
    );
    create unique index on floor.orders (customer_id, idempotency_key);
    create table floor.outbox (
      seq bigint generated always as identity primary key,
      xid xid8 not null default pg_current_xact_id(),
      order_ids jsonb not null
    );
    create table floor.payments (
      order_id uuid primary key,
      amount_minor bigint not null,
      reference text not null,
      paid_at timestamptz not null default now()
    );
    create table floor.notifications (
      id bigint generated always as identity primary key,
      order_id uuid not null,
      kind text not null
    );
    create table floor.cursor (xid xid8 not null, seq bigint not null);
    insert into floor.stock (sku, available) select sku, ${unitsPerSku} from generate_series(1, 1000) sku;
    insert into floor.cursor values ('0', 0)`)

export type FloorOrder = { id: string; customerId: string; idempotencyKey: string; totalMinor: number; lines: string }

/** Takes the stock, writes the orders and their outbox row: one statement, one commit, whatever the batch's size. */
export const placeOrders = (db: pg.Pool, skus: number[], quantities: number[], orders: FloorOrder[]) =>
  db.query({
    name: 'floor-place',
    text: `
      with demand as (select * from unnest($1::int[], $2::int[]) as t (sku, quantity)),
      taken as (
        update floor.stock s set available = s.available - d.quantity, sold = s.sold + d.quantity
        from demand d where s.sku = d.sku
        returning 1
      ),
      placed as (
        insert into floor.orders (id, customer_id, idempotency_key, total_minor, lines)
        select * from unnest($3::uuid[], $4::uuid[], $5::text[], $6::bigint[], $7::jsonb[])
        returning 1
      ),
      logged as (insert into floor.outbox (order_ids) values ($8::jsonb))
      select (select count(*) from taken) taken, (select count(*) from placed) placed`,
    values: [
      skus,
      quantities,
      orders.map(({ id }) => id),
      orders.map(({ customerId }) => customerId),
      orders.map(({ idempotencyKey }) => idempotencyKey),
      orders.map(({ totalMinor }) => totalMinor),
      orders.map(({ lines }) => lines),
      JSON.stringify(orders.map(({ id }) => id)),
    ],
  })

export type OutboxRow = { xid: string; seq: string; orderIds: string[] }

/** Up to eight outbox rows after the cursor, none younger than the oldest transaction still open. */
export const readOutbox = async (client: pg.PoolClient): Promise<OutboxRow[]> => {
  const { rows } = await client.query<OutboxRow>({
    name: 'floor-read',
    text: `
      select o.xid::text as xid, o.seq, o.order_ids as "orderIds"
      from floor.outbox o, floor.cursor c
      where (o.xid, o.seq) > (c.xid, c.seq) and o.xid < pg_snapshot_xmin(pg_current_snapshot())
      order by o.xid, o.seq limit 8`,
  })
  return rows
}

/** Pays, confirms and announces the orders and moves the cursor, in one statement. */
export const settleOrders = (
  client: pg.PoolClient,
  orderIds: string[],
  references: string[],
  amountMinor: number,
  upTo: { xid: string; seq: string },
) =>
  client.query({
    name: 'floor-settle',
    text: `
      with paid as (
        insert into floor.payments (order_id, amount_minor, reference)
        select id, $3, reference from unnest($1::uuid[], $2::text[]) t (id, reference)
        on conflict do nothing
        returning order_id
      ),
      done as (update floor.orders o set status = 2 from paid where o.id = paid.order_id returning o.id),
      told as (insert into floor.notifications (order_id, kind) select id, 'confirmed' from done),
      moved as (update floor.cursor set xid = $4::text::xid8, seq = $5)
      select count(*) from done`,
    values: [orderIds, references, amountMinor, upTo.xid, upTo.seq],
  })
