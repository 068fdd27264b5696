import { eventually } from '@souk/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Cache, Loaded, Region } from './types.ts'

export type Stage = {
  /** One process's cache; again: another process's, sharing what this kind of cache shares. */
  open(): Cache
  /** Several processes see the same entries. */
  shared: boolean
  close(): Promise<void>
}

type Price = { minor: number }

/** What every cache promises, whatever it is made of. */
export function describeCache(name: string, openStage: () => Promise<Stage>): void {
  describe(`${name}: a cache`, () => {
    let stage: Stage
    let cache: Cache
    let prices: Region<Price>
    let key = 0
    const fresh = () => `k${(key += 1)}`
    const of = (minor: number, ...tags: string[]) => ({ value: { minor }, tags })
    const loads = (value: Loaded<Price> | undefined) => {
      const load = async () => {
        load.count += 1
        return value
      }
      load.count = 0
      return load
    }
    beforeAll(async () => {
      stage = await openStage()
      cache = stage.open()
      prices = cache.region<Price>('prices', { ttlMs: 60_000 })
      // A store that is not there yet is no error, and nothing is kept in it.
      await eventually(async () => {
        await prices.set('first', of(1))
        expect(await prices.get('first')).toEqual({ minor: 1 })
      })
    })
    afterAll(() => stage.close())

    test('keeps what it was given, and forgets it when told', async () => {
      const [one, two] = [fresh(), fresh()]
      await prices.set(one, of(100))
      await prices.set(two, of(200))
      expect(await prices.getMany([one, 'nothing', two])).toEqual([{ minor: 100 }, undefined, { minor: 200 }])
      await prices.delete(one)
      expect(await prices.get(one)).toBeUndefined()
      expect(await prices.get(two)).toEqual({ minor: 200 })
    })

    test('gives on what cannot be kept, and is no worse for it', async () => {
      const counts = cache.region<{ units: bigint }>('counts', { ttlMs: 60_000 })
      const at = fresh()
      const load = async () => ({ value: { units: 7n }, tags: [] })
      expect(await counts.through(at, load)).toEqual({ units: 7n })
      await counts.set(at, await load())
      expect(await counts.get(at)).toBeUndefined()
    })

    test('loads what it has not, once for however many ask at the same time', async () => {
      const at = fresh()
      let go = () => {}
      const gate = new Promise<void>((resolve) => (go = resolve))
      const load = loads(of(7))
      const slowly = async () => {
        await gate
        return load()
      }
      const asked = Promise.all(Array.from({ length: 100 }, () => prices.through(at, slowly)))
      go()
      expect(new Set((await asked).map((price) => price?.minor))).toEqual(new Set([7]))
      await eventually(async () => expect(await prices.get(at)).toEqual({ minor: 7 }))
      expect(await prices.through(at, loads(of(8)))).toEqual({ minor: 7 })
      expect(load.count).toBe(1)
    })

    test('does not keep what was not found, nor a load that failed', async () => {
      const at = fresh()
      expect(await prices.through(at, loads(undefined))).toBeUndefined()
      await expect(prices.through(at, () => Promise.reject(new Error('away')))).rejects.toThrow('away')
      expect(await prices.through(at, loads(of(3)))).toEqual({ minor: 3 })
    })

    test('drops everything under a tag, and nothing else', async () => {
      const [one, two, other] = [fresh(), fresh(), fresh()]
      await prices.set(one, of(1, 'shop:1', 'product:1'))
      await prices.set(two, of(2, 'shop:1', 'product:2'))
      await prices.set(other, of(3, 'shop:2'))
      await cache.invalidate('shop:1')
      expect(await prices.getMany([one, two, other])).toEqual([undefined, undefined, { minor: 3 }])
      await prices.set(one, of(4, 'shop:1'))
      expect(await prices.get(one)).toEqual({ minor: 4 })
    })

    test('does not keep a value that was read before it changed, and does not hand it to those who ask after', async () => {
      const at = fresh()
      let read = () => {}
      const isRead = new Promise<void>((resolve) => (read = resolve))
      let go = () => {}
      const gate = new Promise<void>((resolve) => (go = resolve))
      const early = prices.through(at, async () => {
        read()
        await gate
        return of(1, 'product:9')
      })
      await isRead
      await cache.invalidate('product:9')
      expect(await prices.through(at, loads(of(2, 'product:9')))).toEqual({ minor: 2 })
      go()
      expect(await early).toEqual({ minor: 1 })
      await new Promise((resolve) => setTimeout(resolve, 20))
      expect((await prices.through(at, loads(of(2, 'product:9'))))?.minor).toBe(2)
    })

    test('keeps nothing beyond its time', async () => {
      const brief = cache.region<Price>('brief', { ttlMs: 30 })
      await brief.set('x', of(1))
      await new Promise((resolve) => setTimeout(resolve, 60))
      expect(await brief.get('x')).toBeUndefined()
    })

    test('loads anew a little before the end, once, while others are answered with what is still good', async () => {
      const dear = cache.region<Price>('dear', { ttlMs: 400 })
      let count = 0
      const load = async () => {
        count += 1
        await new Promise((resolve) => setTimeout(resolve, 40))
        return of(count)
      }
      await dear.through('x', load)
      await eventually(async () => expect(await dear.get('x')).toBeDefined())
      let waited = 0
      for (const end = Date.now() + 700; Date.now() < end; ) {
        const begun = count
        const price = await dear.through('x', load)
        if ((price?.minor ?? 0) > begun) waited += 1
        await new Promise((resolve) => setTimeout(resolve, 3))
      }
      expect(count).toBeGreaterThan(1)
      expect(count).toBeLessThan(15)
      // Without loading early, each end of the value keeps its next reader waiting.
      expect(waited).toBeLessThan(count)
    })

    test('regions do not see each other’s keys', async () => {
      await prices.set('same', of(1))
      expect(await cache.region('others', { ttlMs: 1_000 }).get('same')).toBeUndefined()
    })

    test('another process sees what changed, at once or within moments', async () => {
      const other = stage.open()
      const theirs = other.region<Price>('prices', { ttlMs: 60_000 })
      const at = fresh()
      await prices.set(at, of(1, 'shop:7'))
      if (stage.shared) await eventually(async () => expect(await theirs.get(at)).toEqual({ minor: 1 }))
      else await theirs.set(at, of(1, 'shop:7'))
      if (stage.shared) {
        await cache.invalidate('shop:7')
        await eventually(async () => expect(await theirs.get(at)).toBeUndefined())
      }
      // Nobody tells it: it believes itself for a second at most.
      else await eventually(async () => expect(await theirs.get(at)).toBeUndefined())
      await other.close()
    })
  })
}
