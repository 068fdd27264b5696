/** The queue is full, or an item would wait longer than it may. Nothing was done with it. */
export class Overloaded extends Error {
  readonly retryAfterSeconds: number
  constructor(retryAfterSeconds: number) {
    super('too much is waiting already')
    this.name = 'Overloaded'
    this.retryAfterSeconds = retryAfterSeconds
  }
}

export type BatcherOptions<Item, Result> = {
  /**
   * Handle a batch: one result per item, in the same order. If it throws, the batch is split until the item that cannot
   * be handled is alone, and only that one fails; `isWholeBatch` says which errors concern all items alike.
   */
  process(batch: readonly Item[]): Promise<readonly Result[]>
  isWholeBatch?(error: unknown): boolean
  maxItems: number
  /** Items differ in size (an order may have 1,000 lines): a batch weighs this much at most, unless one item is heavier. */
  maxWeight?: number
  weigh?(item: Item): number
  /** Batches under way at once. */
  maxInFlight: number
  /** Items that may wait. */
  maxQueued: number
  /** What they may weigh together: it is the memory that a full queue holds. */
  maxQueuedWeight?: number
  /** How long an item may be expected to wait, by the rate of the last batches. */
  maxWaitMs: number
  /** Milliseconds, only ever compared with itself. */
  now?: () => number
  onBatch?(batch: { items: number; tookMs: number; oldestWaitMs: number; failed: boolean }): void
}

export type BatcherStats = { queued: number; inFlight: number; oldestWaitMs: number; expectedWaitMs: number }

export type Batcher<Item, Result> = {
  /** @throws Overloaded at once, when the item would have to wait too long. */
  submit(item: Item): Promise<Result>
  /** Seconds to wait before trying again when a new item would be refused now; undefined when it would be taken. */
  refusing(): number | undefined
  stats(): BatcherStats
  /** Resolves when everything submitted so far has been answered. */
  drain(): Promise<void>
}

type Waiting<Item, Result> = {
  item: Item
  since: number
  resolve(result: Result): void
  reject(error: unknown): void
}

/**
 * Natural batching: what arrives while earlier batches are under way forms the next one. No timer: alone, an item is
 * handled at once, and batches grow only as far as load makes them.
 */
export function createBatcher<Item, Result>(options: BatcherOptions<Item, Result>): Batcher<Item, Result> {
  const now = options.now ?? performance.now.bind(performance)
  const weigh = options.weigh ?? (() => 1)
  const maxWeight = options.maxWeight ?? Number.POSITIVE_INFINITY
  const maxQueuedWeight = options.maxQueuedWeight ?? Number.POSITIVE_INFINITY
  // A queue that is taken from the front by moving an index: shift() on thousands of items costs more than the batch.
  // What was taken is let go of at once: up to 2,000 answered orders hung on here, and collecting garbage copied them.
  let queue: (Waiting<Item, Result> | undefined)[] = []
  let head = 0
  let queuedWeight = 0
  let inFlight = 0
  let scheduled = false
  let itemsPerMs = 0
  let lastFinishedAt = now()
  let idle: (() => void)[] = []

  const queued = () => queue.length - head
  const oldestWaitMs = () => (queued() === 0 ? 0 : now() - (queue[head] as Waiting<Item, Result>).since)
  const expectedWaitMs = () => (itemsPerMs === 0 ? 0 : queued() / itemsPerMs)

  function refusing(): number | undefined {
    const waitMs = Math.max(expectedWaitMs(), oldestWaitMs())
    const hasRoom = queued() < options.maxQueued && queuedWeight < maxQueuedWeight
    if (hasRoom && waitMs <= options.maxWaitMs) return undefined
    return Math.min(30, Math.max(1, Math.ceil(waitMs / 1000)))
  }

  function takeBatch(): Waiting<Item, Result>[] {
    const batch: Waiting<Item, Result>[] = []
    let weight = 0
    while (head < queue.length && batch.length < options.maxItems) {
      const waiting = queue[head] as Waiting<Item, Result>
      weight += weigh(waiting.item)
      if (batch.length > 0 && weight > maxWeight) break
      batch.push(waiting)
      queue[head] = undefined
      head += 1
      queuedWeight -= weigh(waiting.item)
    }
    if (head > 1024 && head * 2 > queue.length) {
      queue = queue.slice(head)
      head = 0
    }
    return batch
  }

  function schedule(): void {
    // A full batch gathers nothing more. In a flood a turn of the event loop lasts a third of a second (Node looks for more
    // that has arrived up to 48 times before it ends one), and what waits for its end then waits for the flood.
    while (inFlight < options.maxInFlight && queued() >= options.maxItems) void run(takeBatch())
    if (scheduled || inFlight >= options.maxInFlight || queued() === 0) return
    scheduled = true
    // After the I/O of this turn: everything that has just been read from sockets joins one batch.
    setImmediate(() => {
      scheduled = false
      while (inFlight < options.maxInFlight && queued() > 0) void run(takeBatch())
    })
  }

  async function run(batch: Waiting<Item, Result>[]): Promise<void> {
    inFlight += 1
    const startedAt = now()
    const waitedMs = startedAt - (batch[0] as Waiting<Item, Result>).since
    const failed = await handle(batch)
    inFlight -= 1
    const finishedAt = now()
    measure(batch.length, startedAt, finishedAt)
    options.onBatch?.({ items: batch.length, tookMs: finishedAt - startedAt, oldestWaitMs: waitedMs, failed })
    schedule()
    if (inFlight === 0 && queued() === 0) {
      const waiting = idle
      idle = []
      for (const resolve of waiting) resolve()
    }
  }

  async function handle(batch: readonly Waiting<Item, Result>[]): Promise<boolean> {
    try {
      const results = await options.process(batch.map((waiting) => waiting.item))
      if (results.length !== batch.length)
        throw new RangeError(`a batch of ${batch.length} was answered with ${results.length} results`)
      batch.forEach((waiting, index) => waiting.resolve(results[index] as Result))
      return false
    } catch (error) {
      if (batch.length === 1 || options.isWholeBatch?.(error)) {
        for (const waiting of batch) waiting.reject(error)
        return true
      }
      const middle = batch.length >> 1
      await handle(batch.slice(0, middle))
      await handle(batch.slice(middle))
      return true
    }
  }

  /** The rate while busy, smoothed: idle time between batches says nothing about how fast we are. */
  function measure(items: number, startedAt: number, finishedAt: number): void {
    const busyMs = Math.max(0.05, finishedAt - Math.max(startedAt, lastFinishedAt))
    lastFinishedAt = finishedAt
    const rate = items / busyMs
    itemsPerMs = itemsPerMs === 0 ? rate : itemsPerMs * 0.9 + rate * 0.1
  }

  return {
    submit(item) {
      const retryAfterSeconds = refusing()
      if (retryAfterSeconds !== undefined) return Promise.reject(new Overloaded(retryAfterSeconds))
      return new Promise<Result>((resolve, reject) => {
        queue.push({ item, since: now(), resolve, reject })
        queuedWeight += weigh(item)
        schedule()
      })
    },
    refusing,
    stats: () => ({ queued: queued(), inFlight, oldestWaitMs: oldestWaitMs(), expectedWaitMs: expectedWaitMs() }),
    drain: () =>
      inFlight === 0 && queued() === 0 ? Promise.resolve() : new Promise<void>((resolve) => idle.push(resolve)),
  }
}
