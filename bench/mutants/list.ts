import { analyticsMutants } from './list-analytics.ts'
import { cacheMutants } from './list-cache.ts'
import { checkoutMutants } from './list-checkout.ts'
import { fulfilmentMutants } from './list-fulfilment.ts'
import { importMutants } from './list-import.ts'
import { moveMutants } from './list-moves.ts'
import { messageMutants } from './messages.ts'
import { providerMutants } from './list-providers.ts'
import { paymentMutants } from './list-payments.ts'
import { promotionMutants } from './list-promotions.ts'
import { sagaMutants } from './list-saga.ts'
import { searchAndMediaMutants } from './list-search-media.ts'

/** One place of the code, and what stands there in the broken copy. `find` must stand there exactly once. */
export type Edit = { file: string; find: string; replace: string }

export type Mutant = {
  name: string
  /** What is broken, in a sentence somebody who sells things would understand. */
  breaks: string
  edits: readonly Edit[]
  /** Tests of which at least one must fail. The others of these files are not run. */
  turnsRed: readonly { file: string; test: string }[]
}

const place = 'services/orders/place-orders.ts'
const placeSql = 'services/orders/place.sql.ts'
const ordersMigration = 'services/orders/migrations/0001_orders.sql'
const placing = 'services/orders/place-orders.test.ts'
const cancelling = 'services/orders/cancel-order.test.ts'
const cutting = 'bench/faults/unknown-commit.test.ts'
const confirming = 'services/orders/confirm-orders.test.ts'
const consuming = 'packages/events/consumer.test.ts'
const shipping = 'services/orders/ship-order.test.ts'

/** The last line of defence in the database, which would hide that the first one is missing. */
const withoutCheck: Edit = {
  file: ordersMigration,
  find: 'remaining bigint not null check (remaining >= 0)',
  replace: 'remaining bigint not null',
}

/** Ways to break Souk on purpose. Whoever weakens a test, or adds a promise, learns here whether it is still watched. */
export const mutants: readonly Mutant[] = [
  {
    name: 'no-availability-guard',
    breaks: 'Units are taken whether or not that many are left.',
    edits: [
      {
        file: placeSql,
        find: 'a.allotment_id = l.allotment_id and a.remaining >= l.quantity',
        replace: 'a.allotment_id = l.allotment_id',
      },
      withoutCheck,
    ],
    turnsRed: [{ file: placing, test: 'two processes that both remember the last unit sell it once' }],
  },
  {
    name: 'no-cap-guard',
    breaks: 'What one customer may buy in a sale is decided from memory and not counted when it is written.',
    edits: [
      {
        file: placeSql,
        find: '        where a.remaining >= excluded.granted - excluded.remaining\n',
        replace: '',
      },
      withoutCheck,
    ],
    turnsRed: [{ file: placing, test: 'gives nothing more to a customer who had his share through another process' }],
  },
  {
    name: 'answer-before-commit',
    breaks: 'The customer is told "you have it" while the order is still on its way to the disk.',
    edits: [
      { file: place, find: '  const place = await placeBatch(tx, {', replace: '  void placeBatch(tx, {' },
      {
        file: place,
        find: '    placedAtMs,\n  })\n  for (const waiting of accepted)',
        replace: '    placedAtMs,\n  }).catch(() => {})\n  for (const waiting of accepted)',
      },
      { file: place, find: '  return [{ ...place, batch }]\n', replace: '  return []\n' },
    ],
    turnsRed: [
      { file: placing, test: 'two processes that both remember the last unit sell it once' },
      { file: cutting, test: 'is answered truly, and placed once' },
    ],
  },
  {
    name: 'unknown-commit-taken-for-a-yes',
    breaks: 'When the connection breaks after an order was sent, it is taken for placed without looking.',
    edits: [
      {
        file: place,
        find: 'if (error instanceof OutcomeUnknown) await resolveUnknown(deps, accepted)',
        replace:
          "if (error instanceof OutcomeUnknown) for (const waiting of accepted) waiting.outcome = { kind: 'placed', order: (waiting.priced as PricedOrder).order, repeated: false }",
      },
    ],
    turnsRed: [{ file: cutting, test: 'is answered truly, and placed once' }],
  },
  {
    name: 'unknown-commit-not-resolved',
    breaks: 'When the connection breaks after an order was sent, nobody finds out what became of it.',
    edits: [
      {
        file: place,
        find: 'if (error instanceof OutcomeUnknown) await resolveUnknown(deps, accepted)',
        replace: 'if (error instanceof OutcomeUnknown) throw error',
      },
    ],
    turnsRed: [{ file: cutting, test: 'is answered truly, and placed once' }],
  },
  {
    name: 'unknown-commit-placed-anew',
    breaks:
      'When the connection breaks after an order was sent, it is placed again under another id and without its key.',
    edits: [
      {
        file: place,
        find: 'if (error instanceof OutcomeUnknown) await resolveUnknown(deps, accepted)',
        replace:
          'if (error instanceof OutcomeUnknown) {\n      for (const waiting of accepted) {\n        Object.assign(waiting, { priced: undefined, request: { ...waiting.request, key: `${waiting.request.key} again` } })\n      }\n      await writeCarefully(deps, accepted)\n    }',
      },
    ],
    turnsRed: [{ file: cutting, test: 'is answered truly, and placed once' }],
  },
  {
    name: 'refused-from-memory',
    breaks: 'Customers are refused because of what this process remembers, though units have come back.',
    edits: [
      {
        file: place,
        find: 'return batch.some(isRefused) ? askAgain(deps, batch) : decided',
        replace: 'return decided',
      },
    ],
    turnsRed: [
      { file: placing, test: 'nobody is refused from memory: units that came back since are sold' },
      { file: placing, test: 'sent again gets the first order again, also when nothing is left' },
    ],
  },
  {
    name: 'key-not-of-the-customer',
    breaks: 'An idempotency key is looked up without asking whose it is: a stranger gets somebody else’s order.',
    edits: [
      { file: ordersMigration, find: 'primary key (day, customer_id, key)', replace: 'primary key (day, key)' },
      {
        file: placeSql,
        find: 'select distinct on (k.customer_id, k.key) k.customer_id, k.key,',
        replace: 'select distinct on (asked.customer_id, k.key) asked.customer_id, k.key,',
      },
      {
        file: placeSql,
        find: 'join order_keys k on k.customer_id = asked.customer_id and k.key = asked.key',
        replace: 'join order_keys k on k.key = asked.key',
      },
      {
        file: placeSql,
        find: 'order by k.customer_id, k.key, k.day desc',
        replace: 'order by asked.customer_id, k.key, k.day desc',
      },
    ],
    turnsRed: [{ file: placing, test: 'with another body is refused, and by another customer is another key' }],
  },
  {
    name: 'key-not-kept',
    breaks: 'The order is written without remembering its key: whoever sends it again gets a second one.',
    edits: [
      {
        file: placeSql,
        find: 'from asked cross join unnest(${keyDays}::date[]) as day\n        returning 1),',
        replace: 'from asked cross join unnest(${keyDays}::date[]) as day where false\n        returning 1),',
      },
      {
        file: placeSql,
        find: "expect('keys', (select count(*) from keyed), ${orders.length * keyDays.length}::bigint),",
        replace: "expect('keys', (select count(*) from keyed), 0),",
      },
    ],
    turnsRed: [{ file: placing, test: 'sent again gets the first order again, also when nothing is left' }],
  },
  {
    name: 'body-not-compared',
    breaks: 'A key that was used for another order is answered with that order.',
    edits: [
      { file: place, find: 'row.body_hash === waiting.request.bodyHash', replace: 'row.body_hash !== undefined' },
    ],
    turnsRed: [{ file: placing, test: 'with another body is refused, and by another customer is another key' }],
  },
  {
    name: 'whole-batch-fails',
    breaks: 'One order that cannot be handled takes everybody in its batch with it.',
    edits: [
      {
        file: 'packages/batching/batcher.ts',
        find: 'if (batch.length === 1 || options.isWholeBatch?.(error)) {',
        replace: 'if (batch.length >= 1) {',
      },
    ],
    turnsRed: [{ file: 'packages/batching/batcher.test.ts', test: 'fails alone; its neighbours are handled' }],
  },
  {
    name: 'half-a-basket',
    breaks: 'Of an order with a line too many, the other lines are taken all the same.',
    edits: [
      {
        file: 'services/orders/allocate.ts',
        find: '    for (const draw of priced.draws) if (left(draw) < draw.quantity) return refusal(draw, Math.max(0, left(draw)))\n    for (const draw of priced.draws) {\n',
        replace:
          '    for (const draw of priced.draws) {\n      if (left(draw) < draw.quantity) return refusal(draw, Math.max(0, left(draw)))\n',
      },
    ],
    turnsRed: [
      { file: 'services/orders/allocate.test.ts', test: 'draws for every line of an order or for none' },
      { file: placing, test: 'with one line too many gets none of its lines' },
    ],
  },
  {
    name: 'price-from-memory',
    breaks: 'A price that changed a moment ago is still paid as it is remembered.',
    edits: [{ file: placeSql, find: ' and o.version + s.epoch = t.version', replace: '' }],
    turnsRed: [{ file: placing, test: 'a new price is the one that is paid' }],
  },
  {
    name: 'suspended-shop-sells',
    breaks: 'A shop that was suspended goes on selling for as long as somebody remembers it as open.',
    edits: [{ file: placeSql, find: ' and s.selling and o.version', replace: ' and o.version' }],
    turnsRed: [{ file: placing, test: 'a shop that was suspended sells nothing more, from that moment' }],
  },
  {
    name: 'order-not-announced',
    breaks: 'An order is written without its event: nobody confirms it, ships it or bills it.',
    edits: [
      {
        file: placeSql,
        find: "insert into outbox (topic, kinds, event_count, batch)\n        values ('orders.order', '{orders.order_placed}', ${orders.length}, ${outboxBatch}) returning xid::text, seq)",
        replace: "select '0' as xid, 0 as seq)",
      },
    ],
    turnsRed: [{ file: placing, test: 'is placed at our price, holds its units and is announced' }],
  },
  {
    name: 'released-twice',
    breaks: 'Two cancellations of one order that meet give its units back twice.',
    edits: [
      {
        file: 'services/orders/cancel-order.ts',
        find: "  if (order.status === 'cancelled') return order\n",
        replace: '',
      },
      {
        file: 'services/orders/order.ts',
        find: '  cancelled: {},\n',
        replace: "  cancelled: { cancel: 'cancelled' },\n",
      },
      {
        file: ordersMigration,
        find: '  check (remaining <= granted)\n',
        replace: '  check (true)\n',
      },
    ],
    turnsRed: [{ file: cancelling, test: 'twice, or fifty times at once, gives its units back once' }],
  },
  {
    name: 'not-released',
    breaks: 'A cancelled order keeps its units: they can never be sold again.',
    edits: [
      {
        file: 'services/orders/allotments.sql.ts',
        find: 'update allotments a set remaining = a.remaining + b.remaining,',
        replace: 'update allotments a set remaining = a.remaining,',
      },
    ],
    turnsRed: [{ file: cancelling, test: 'gives back every unit it held, before and after it was confirmed' }],
  },
  {
    name: 'confirmed-twice',
    breaks: 'An event that comes twice, or after a cancellation, confirms the order all the same.',
    edits: [
      {
        file: 'services/orders/orders.sql.ts',
        find: "order_id between ${firstId} and ${lastId} and status = 'placed'`)",
        replace: 'order_id between ${firstId} and ${lastId}`)',
      },
    ],
    turnsRed: [
      { file: confirming, test: 'an event delivered again confirms nothing again and is not announced again' },
      {
        file: confirming,
        test: 'an order cancelled before it was confirmed stays cancelled, and its neighbours are confirmed',
      },
    ],
  },
  {
    name: 'id-only-cursor',
    breaks: 'The log is read by number alone: an event whose number was drawn early and committed late is skipped.',
    edits: [
      {
        file: 'packages/events/log.sql.ts',
        find: "where (xid, seq) >= ($1::xid8, $2::bigint) and xid < snapshot.xmin and ${ofTopics(want, '$3')}\n                   and ($5::text[] is null or kinds = '{}' or kinds && $5)\n                 order by xid, seq limit $4",
        replace:
          "where seq >= $2::bigint and $1::xid8 is not null and xid < snapshot.xmin and ${ofTopics(want, '$3')}\n                   and ($5::text[] is null or kinds = '{}' or kinds && $5)\n                 order by seq limit $4",
      },
      {
        file: 'packages/events/postgres-log.ts',
        find: 'return { rows, end: reached ? xmin : from, full, reached }',
        replace:
          'return { rows, end: last === undefined ? from : { xid: last.xid, seq: last.seq + 1, index: 0 }, full, reached }',
      },
    ],
    turnsRed: [
      {
        file: 'packages/events/postgres-log.test.ts',
        test: 'a row whose number was drawn early, by a transaction that got its id late, is delivered',
      },
    ],
  },
  {
    name: 'reads-past-open-transactions',
    breaks: 'The log is read up to its newest event: one that is still being committed beside it is skipped.',
    edits: [
      { file: 'packages/events/log.sql.ts', find: ' and xid < snapshot.xmin and ${', replace: ' and ${' },
      {
        file: 'packages/events/postgres-log.ts',
        find: 'return { rows, end: reached ? xmin : from, full, reached }',
        replace:
          'return { rows, end: last === undefined ? from : { xid: last.xid, seq: last.seq + 1, index: 0 }, full, reached }',
      },
    ],
    turnsRed: [
      {
        file: 'packages/events/postgres-log.test.ts',
        test: 'a row whose number was drawn early, by a transaction that got its id late, is delivered',
      },
      {
        file: 'packages/events/postgres-log.test.ts',
        test: 'a transaction that began early and commits late is not skipped',
      },
    ],
  },
  {
    name: 'offset-outside-the-transaction',
    breaks: 'A consumer notes how far it is before its work is committed: what fails in between is never done.',
    edits: [
      {
        file: 'packages/events/apply.ts',
        find: 'if (!(await take(tx, to))) throw',
        replace: 'if (!(await take(db.autocommit, to))) throw',
      },
    ],
    turnsRed: [
      {
        file: consuming,
        test: 'whose connection dies between effect and commit applies the batch once all the same',
      },
    ],
  },
  {
    name: 'offset-not-guarded',
    breaks: 'Two processes that run the same consumer both apply everything.',
    edits: [
      {
        file: 'packages/events/events.sql.ts',
        find: '\n     and xid = ${from.xid}::xid8 and seq = ${from.seq} and index = ${from.index}`)',
        replace: '\n     and ${from.xid}::xid8 is not null and ${from.seq}::bigint >= 0 and ${from.index}::int >= 0`)',
      },
    ],
    turnsRed: [
      { file: consuming, test: 'run by two processes applies everything once, and one takes over when the other dies' },
      { file: consuming, test: 'that committed without learning of it does not apply the batch again' },
    ],
  },
  {
    name: 'poison-skipped',
    breaks: 'An event that cannot be handled is dropped instead of being put aside for a person.',
    edits: [{ file: 'packages/events/apply.ts', find: '      await park(tx, key, dead, clock())\n', replace: '' }],
    turnsRed: [{ file: consuming, test: 'is parked alone, after five attempts, and the others go on' }],
  },
  {
    name: 'shipped-while-shipping',
    breaks: 'Two people who ship the same order at once send the same goods twice.',
    edits: [
      {
        file: 'services/orders/shipment.ts',
        find: "before.filter(({ state }) => state !== 'refused')",
        replace: "before.filter(({ state }) => state !== 'refused' && state !== 'issuing')",
      },
    ],
    turnsRed: [
      { file: shipping, test: 'ship it once when each means all of it' },
      { file: shipping, test: 'ship each unit once when each means one' },
    ],
  },
  {
    name: 'cancelled-while-shipping',
    breaks: 'An order is cancelled and its goods sold to another while they are being handed to the carrier.',
    edits: [
      {
        file: 'services/orders/cancel-order.ts',
        find: '  await refuseWhileIssuing(tx, order.orderId)\n',
        replace: '',
      },
    ],
    turnsRed: [{ file: shipping, test: 'is refused while the goods are being handed over' }],
  },
  {
    name: 'refund-by-the-return',
    breaks: 'Each return is rounded by itself, so that returns of an order give back more or less than was paid.',
    edits: [
      {
        file: 'services/orders/return.ts',
        find: 'return share(from + units) - share(from)',
        replace: 'return share(units)',
      },
    ],
    turnsRed: [
      {
        file: 'services/orders/return.test.ts',
        test: 'everything back is what was paid',
      },
    ],
  },
  {
    name: 'expired-goods-set-apart',
    breaks: 'Whoever orders is given goods that may not be handed over any more.',
    edits: [
      {
        file: 'services/inventory/issue-lots.ts',
        find: 'if (isExpired(lot, today)) supply.expired = true\n    else if',
        replace: 'if',
      },
    ],
    turnsRed: [
      { file: 'services/inventory/issue-lots.test.ts', test: 'nothing is taken from a lot that has expired' },
      {
        file: 'services/inventory/assign-goods.test.ts',
        test: 'goods that expired yesterday are nobody’s, those that expire today are',
      },
    ],
  },
  {
    name: 'release-forgotten',
    breaks: 'An order that was cancelled before its goods were set apart has them set apart afterwards, for ever.',
    edits: [
      {
        file: 'services/inventory/release-goods.ts',
        find: '        await insertTombstones(tx, orderIds, at)\n',
        replace: '',
      },
    ],
    turnsRed: [
      {
        file: 'services/inventory/assign-goods.test.ts',
        test: 'an order that was released stays without, whether or not it had anything',
      },
    ],
  },
  ...sagaMutants,
  ...paymentMutants,
  ...messageMutants,
  ...moveMutants,
  ...cacheMutants,
  ...checkoutMutants,
  ...promotionMutants,
  ...fulfilmentMutants,
  ...importMutants,
  ...providerMutants,
  ...searchAndMediaMutants,
  ...analyticsMutants,
]
