import { describe, expect, test } from 'vitest'
import { type BatcherOptions, createBatcher, Overloaded } from './batcher.ts'

const tick = () => new Promise((resolve) => setImmediate(resolve))

function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

const batcher = (options: Partial<BatcherOptions<number, number>>) =>
  createBatcher<number, number>({
    process: async (batch) => batch.map((item) => item * 2),
    maxItems: 100,
    maxInFlight: 1,
    maxQueued: 1000,
    maxWaitMs: 1000,
    ...options,
  })

describe('work travels in batches', () => {
  test('an item that comes alone is handled at once and alone', async () => {
    const sizes: number[] = []
    const batches = batcher({ onBatch: ({ items }) => sizes.push(items) })
    expect(await batches.submit(21)).toBe(42)
    await tick()
    expect(sizes).toEqual([1])
  })

  test('what arrives while a batch is under way forms the next one, and everyone gets his own answer', async () => {
    const seen: number[][] = []
    const first = gate()
    const batches = batcher({
      async process(batch) {
        seen.push([...batch])
        if (seen.length === 1) await first.opened
        return batch.map((item) => item * 2)
      },
    })
    const answers = [batches.submit(1)]
    await tick()
    for (const item of [2, 3, 4]) answers.push(batches.submit(item))
    await tick()
    first.open()
    expect(await Promise.all(answers)).toEqual([2, 4, 6, 8])
    expect(seen).toEqual([[1], [2, 3, 4]])
  })

  test('a full batch does not wait for the end of a turn of the event loop: in a flood one lasts long', async () => {
    const sizes: number[] = []
    const second = gate()
    const batches = batcher({
      maxItems: 3,
      maxInFlight: 2,
      async process(batch) {
        sizes.push(batch.length)
        await second.opened
        return [...batch]
      },
    })
    const answers = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((item) => batches.submit(item))
    expect(sizes).toEqual([3, 3])
    second.open()
    await Promise.all(answers)
    expect(sizes).toEqual([3, 3, 3, 1])
  })

  test('a batch takes no more items, and no more weight, than it may', async () => {
    const seen: number[][] = []
    const batches = batcher({
      maxItems: 3,
      maxWeight: 10,
      weigh: (item) => item,
      async process(batch) {
        seen.push([...batch])
        return [...batch]
      },
    })
    await Promise.all([1, 1, 1, 1, 6, 6, 50].map((item) => batches.submit(item)))
    expect(seen).toEqual([[1, 1, 1], [1, 6], [6], [50]])
  })
})

describe('one bad item', () => {
  test('fails alone; its neighbours are handled', async () => {
    const batches = batcher({
      async process(batch) {
        if (batch.includes(13)) throw new Error('cannot handle 13')
        return batch.map((item) => item * 2)
      },
    })
    const answers = await Promise.allSettled([1, 2, 13, 4, 5].map((item) => batches.submit(item)))
    expect(answers.map((answer) => answer.status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ])
  })

  test('an error that concerns all of them is given to all of them, once', async () => {
    let calls = 0
    const batches = batcher({
      process: async () => {
        calls += 1
        throw new Error('no database')
      },
      isWholeBatch: () => true,
    })
    const answers = await Promise.allSettled([1, 2, 3].map((item) => batches.submit(item)))
    expect(answers.every((answer) => answer.status === 'rejected')).toBe(true)
    expect(calls).toBe(1)
  })
})

describe('a queue that is full', () => {
  test('refuses at once and says when to come back', async () => {
    const blocked = gate()
    const batches = batcher({
      maxItems: 1,
      maxQueued: 2,
      process: async (batch) => {
        await blocked.opened
        return [...batch]
      },
    })
    const taken = [batches.submit(0)]
    await tick()
    taken.push(batches.submit(1), batches.submit(2))
    const refused = await batches.submit(3).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(Overloaded)
    expect((refused as Overloaded).retryAfterSeconds).toBeGreaterThanOrEqual(1)
    blocked.open()
    expect(await Promise.all(taken)).toEqual([0, 1, 2])
    expect(batches.refusing()).toBeUndefined()
  })

  test('refuses when the oldest has waited longer than it may, however short the queue', async () => {
    let nowMs = 0
    const blocked = gate()
    const batches = batcher({
      now: () => nowMs,
      maxItems: 1,
      maxWaitMs: 500,
      process: async (batch) => {
        await blocked.opened
        return [...batch]
      },
    })
    const taken = [batches.submit(0)]
    await tick()
    taken.push(batches.submit(1))
    nowMs = 501
    await expect(batches.submit(2)).rejects.toBeInstanceOf(Overloaded)
    blocked.open()
    await Promise.all(taken)
  })

  test('is full too when a few items weigh as much as many', async () => {
    const blocked = gate()
    const batches = batcher({
      maxItems: 1,
      maxQueuedWeight: 10,
      weigh: (item) => item,
      process: async (batch) => {
        await blocked.opened
        return [...batch]
      },
    })
    const taken = [batches.submit(0)]
    await tick()
    taken.push(batches.submit(9), batches.submit(9))
    await expect(batches.submit(1)).rejects.toBeInstanceOf(Overloaded)
    blocked.open()
    await Promise.all(taken)
    expect(batches.refusing()).toBeUndefined()
  })

  test('draining waits for everything that was accepted', async () => {
    const blocked = gate()
    let answered = 0
    const batches = batcher({
      maxItems: 1,
      process: async (batch) => {
        await blocked.opened
        return [...batch]
      },
    })
    const taken = [1, 2, 3].map((item) => batches.submit(item).then(() => (answered += 1)))
    const drained = batches.drain()
    blocked.open()
    await drained
    await Promise.all(taken)
    expect(answered).toBe(3)
    expect(batches.stats()).toMatchObject({ queued: 0, inFlight: 0 })
  })
})
