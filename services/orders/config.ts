import { integer } from '@souk/service'

export const ordersConfig = {
  SOUK_ORDERS_BATCH: integer({ min: 1, max: 2000, default: 256, help: 'Orders committed together at most.' }),
  SOUK_ORDERS_IN_FLIGHT: integer({
    min: 1,
    max: 8,
    // They wait for each other's hot rows, and fewer are larger. With 256 connections 2 cost PostgreSQL 57 µs an order where 3
    // cost 61 (two short runs each); before, with 384, 3 cost 66 where 4 cost 71. With 1 the machine is idle while it commits.
    default: 2,
    help: 'Batches under way at once on one shard: while one is being committed others are written and decided.',
  }),
  SOUK_ORDERS_QUEUE: integer({
    min: 10,
    max: 100_000,
    default: 4_000,
    help: 'Orders that may wait for their batch; beyond it the answer is 503 at once.',
  }),
  SOUK_ORDERS_WAIT_MS: integer({
    min: 50,
    max: 30_000,
    default: 1_000,
    help: 'How long an order may be expected to wait for its batch; beyond it the answer is 503 at once.',
  }),
  SOUK_PAYMENT_DEADLINE_MINUTES: integer({
    min: 1,
    max: 10_080,
    default: 15,
    help: 'How long an order waits for a payment whose answer comes later; then it is cancelled and what it held is released.',
  }),
  SOUK_ORDERS_LEASE_MS: integer({
    min: 1_000,
    max: 600_000,
    default: 40_000,
    help: 'How long a process may hold orders it goes on with; after that another takes them for those of a dead one.',
  }),
  SOUK_ORDERS_PER_MINUTE: integer({
    min: 1,
    max: 1_000_000,
    default: 100,
    help: 'Orders one account may place a minute.',
  }),
  SOUK_FLASH_ORDERS_PER_MINUTE: integer({
    min: 1,
    max: 1_000_000,
    default: 10,
    help: 'Flash-sale orders one account may place a minute.',
  }),
  SOUK_RETURN_DAYS: integer({
    min: 0,
    max: 3_650,
    default: 30,
    help: 'Days after delivery within which a customer may ask to return goods, where neither shop nor marketplace has set any.',
  }),
}
