import { type Batcher, createBatcher, Overloaded, SteadyMap } from '@souk/batching'
import { DatabaseUnavailable, OutcomeUnknown, type Shard, type Shards } from '@souk/postgres'
import { isShardRefusal, shardErrors } from '@souk/service'
import { orderErrors } from './errors.ts'
import { keyMismatch, type PlaceDeps, type PlaceOutcome, placeOrders } from './place-orders.ts'
import type { OrderRequest } from './price-order.ts'

/** Asks promotions what an order costs; resolves to the request with a price in it, or with why there is none. */
export type Price = (request: OrderRequest) => Promise<OrderRequest>

export type Placer = {
  /**
   * Place one order, together with whatever else arrives now. Resolves after the commit.
   * @throws orders-overloaded at once when the queue is full, order-outcome-unknown when the database went away.
   */
  place(request: OrderRequest): Promise<PlaceOutcome>
  /** Seconds to wait when an order would be refused for overload now. */
  refusing(): number | undefined
  stats(): { queued: number; inFlight: number; oldestWaitMs: number }
  drain(): Promise<void>
}

export type PlacerOptions = { maxItems: number; maxInFlight: number; maxQueued: number; maxWaitMs: number }

/** Lines a batch holds at most: 256 ordinary orders, or five of 1,000 lines; keeps a commit below some 50 ms. */
const maxLinesPerBatch = 5_000

/** Lines that may wait, some 400 bytes each: 20 MB of orders at most, however long each of them is. */
const maxLinesQueued = 50_000

/** The price of an order may change between asking for it and writing the order; three times in a row it does not. */
const priceAttempts = 3

const isPriceChanged = (outcome: PlaceOutcome) => outcome.kind === 'refused' && outcome.error.code === 'price-changed'

/**
 * A shop may have been moved between the order's arrival and its turn: then nothing is known of it here, which must not be
 * taken for sold out. The database is asked for anew, so that it refuses if a bucket leaves during the batch.
 */
async function placeHere(shards: Shards, name: string, deps: PlaceDeps, batch: readonly OrderRequest[]) {
  const { db } = shards.toPlaceOn(name)
  const here = new Set(batch.filter((request) => shards.holds(name, request.lines[0]?.variantId ?? '')))
  const now = db === deps.db ? deps : { ...deps, db }
  if (here.size === batch.length) return placeOrders(now, batch)
  const outcomes = here.size === 0 ? [].values() : (await placeOrders(now, [...here])).values()
  const gone: PlaceOutcome = {
    kind: 'refused',
    error: shardErrors.error('shop-moving', 'The shop of this order has just been moved; ask again.', {}, 1),
  }
  return batch.map((request) => (here.has(request) ? (outcomes.next().value as PlaceOutcome) : gone))
}

/** One batcher per shard. Ids of variants carry the bucket of their shop, so the first line's id names the shard. */
export function createPlacer(
  shards: Shards,
  depsOf: (shard: Shard) => PlaceDeps,
  options: PlacerOptions,
  onBatch: (batch: { items: number; tookMs: number; oldestWaitMs: number }) => void,
  onOutcomes: (outcomes: readonly PlaceOutcome[]) => void = () => {},
  price: Price = async (request) => request,
): Placer {
  const batchers = new Map<string, Batcher<OrderRequest, PlaceOutcome>>()
  const memories = new Map<string, PlaceDeps['memory']>()
  for (const shard of shards.all()) {
    const deps = depsOf(shard)
    memories.set(shard.name, deps.memory)
    batchers.set(
      shard.name,
      createBatcher({
        ...options,
        async process(batch) {
          const outcomes = await placeHere(shards, shard.name, deps, batch)
          onOutcomes(outcomes)
          return outcomes
        },
        isWholeBatch: (error) =>
          error instanceof DatabaseUnavailable || error instanceof OutcomeUnknown || isShardRefusal(error),
        weigh: (request) => request.lines.length,
        maxWeight: maxLinesPerBatch,
        maxQueuedWeight: maxLinesQueued,
        onBatch,
      }),
    )
  }
  const all = [...batchers.values()]
  // A second click while the first is under way joins it, instead of meeting its key in the database.
  const underWay = new SteadyMap<{ bodyHash: string; outcome: Promise<PlaceOutcome> }>()

  /** What came of it, in words of orders. */
  function failure(error: unknown): unknown {
    if (error instanceof Overloaded)
      return orderErrors.error('orders-overloaded', 'Too many orders are waiting.', {}, error.retryAfterSeconds)
    if (error instanceof OutcomeUnknown)
      return orderErrors.error('order-outcome-unknown', 'It is not known whether the order was placed.', {}, 2)
    return error
  }

  const submit = (shard: string, request: OrderRequest) =>
    (batchers.get(shard) as Batcher<OrderRequest, PlaceOutcome>).submit(request)

  /** Whether it is known already that promotions has to be asked. What is not known the batch finds out. */
  const isPricedElsewhere = (shard: string, request: OrderRequest) =>
    request.extras !== undefined || memories.get(shard)?.get(request.lines[0]?.variantId ?? '')?.asks === true

  async function placePriced(shard: string, request: OrderRequest): Promise<PlaceOutcome> {
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await submit(shard, await price(request))
      if (!isPriceChanged(outcome) || attempt >= priceAttempts) return outcome
    }
  }

  return {
    place(request) {
      const name = `${request.customerId} ${request.key}`
      const twin = underWay.get(name)
      if (twin !== undefined)
        return twin.bodyHash === request.bodyHash
          ? twin.outcome.then((outcome) => (outcome.kind === 'placed' ? { ...outcome, repeated: true } : outcome))
          : Promise.resolve({ kind: 'refused', error: keyMismatch() })
      const shard = shards.ofId(request.lines[0]?.variantId ?? '').name
      const failed = (error: unknown) => {
        underWay.delete(name)
        throw failure(error)
      }
      const answered = (answer: PlaceOutcome) => {
        underWay.delete(name)
        // Not an answer to the order: nobody has looked at it.
        if (answer.kind === 'refused' && isShardRefusal(answer.error)) throw answer.error
        return answer
      }
      // One link in the chain of promises, not three: at 8,000 orders a second each costs half a per cent.
      const outcome = isPricedElsewhere(shard, request)
        ? placePriced(shard, request).then(answered, failed)
        : submit(shard, request).then(
            (first) => (isPriceChanged(first) ? placePriced(shard, request).then(answered, failed) : answered(first)),
            failed,
          )
      underWay.set(name, { bodyHash: request.bodyHash, outcome })
      return outcome
    },
    refusing() {
      for (const batcher of all) {
        const seconds = batcher.refusing()
        if (seconds !== undefined) return seconds
      }
      return undefined
    },
    stats: () =>
      all
        .map((batcher) => batcher.stats())
        .reduce((sum, one) => ({
          queued: sum.queued + one.queued,
          inFlight: sum.inFlight + one.inFlight,
          oldestWaitMs: Math.max(sum.oldestWaitMs, one.oldestWaitMs),
          expectedWaitMs: Math.max(sum.expectedWaitMs, one.expectedWaitMs),
        })),
    drain: async () => {
      await Promise.all(all.map((batcher) => batcher.drain()))
    },
  }
}
