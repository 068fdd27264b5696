import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { defineErrors } from '@souk/errors'
import type { Database } from '@souk/postgres'
import { eventually, fakeMetrics, memoryLog, type TestDatabase, testDatabase } from '@souk/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Job } from './define.ts'
import { type JobDesk, openJobDesk } from './job-desk.ts'
import { createWork, type Queue, type RunningJob } from './work.ts'
import { openWorkPlace, type WorkPlace } from './work-place.ts'

const bare = (service: string) => ({ service, sets: [] })
const work = createWork('orders', () => new Date())
let database: TestDatabase
let orders: Database
let jobs: Database
let desk: JobDesk
const places: WorkPlace[] = []

beforeAll(async () => {
  database = await testDatabase([bare('orders'), bare('shops')])
  orders = database.open('orders')
  jobs = database.open('jobs')
  desk = openJobDesk({ db: jobs, url: database.urlFor('jobs') })
})
afterEach(async () => {
  await Promise.all(places.splice(0).map((place) => place.stop()))
  await database.query('delete from jobs.job')
})
afterAll(async () => {
  await desk.close()
  await database.close()
})

/** As a process would: what is returned tells what it did. */
async function process(parts: { queues?: Queue[]; jobs?: Job[] }, metrics = fakeMetrics()) {
  const log = memoryLog()
  const place = openWorkPlace({
    url: database.urlFor('jobs'),
    db: jobs,
    services: [{ name: 'orders', db: orders, parts: { queues: parts.queues ?? [] }, jobs: parts.jobs ?? [] }],
    log,
    metrics,
    superviseSeconds: 1,
  })
  places.push(place)
  await place.ready()
  return { log, metrics }
}
const queue = (run: Queue['run'], more: Partial<Queue> = {}): Queue => ({ name: 'orders.letters', run, ...more })
const enqueue = (payload: unknown, options = {}) =>
  orders.transaction((tx) => work.enqueue(tx, 'orders.letters', payload, options))
const shown = async (id: string | undefined) => await desk.show(id ?? '')
const stateOf = async (id: string | undefined) => (await shown(id))?.state

describe('work for later', () => {
  test('is done once, and what it resolved to is kept', async () => {
    const seen: unknown[] = []
    const id = await enqueue({ to: 'Ada' })
    await process({
      queues: [
        queue(async (payload) => {
          seen.push(payload)
          return { sent: 1 }
        }),
      ],
    })
    await eventually(async () => expect(await stateOf(id)).toBe('completed'))
    expect(seen).toEqual([{ to: 'Ada' }])
    expect(await shown(id)).toMatchObject({ queue: 'orders.letters', attempts: 1, result: { sent: 1 } })
  })

  test('exists if and only if the transaction that asked for it commits', async () => {
    const fails = orders.transaction(async (tx) => {
      await work.enqueue(tx, 'orders.letters', { to: 'nobody' })
      throw new Error('the order came to nothing')
    })
    await expect(fails).rejects.toThrow('nothing')
    expect(await desk.list({ limit: 10 })).toEqual([])
  })

  test('comes within moments when it is put in while a process waits', async () => {
    const times: number[] = []
    await process({ queues: [queue(async () => void times.push(performance.now()))] })
    const askedAt = performance.now()
    await enqueue(1)
    await eventually(() => expect(times).toHaveLength(1))
    expect((times[0] ?? 0) - askedAt).toBeLessThan(500)
  })

  test('is not begun before its time', async () => {
    const times: number[] = []
    await process({ queues: [queue(async () => void times.push(performance.now()))] })
    const askedAt = performance.now()
    await enqueue(1, { startAfterMs: 1_500 })
    await eventually(() => expect(times).toHaveLength(1))
    expect((times[0] ?? 0) - askedAt).toBeGreaterThan(1_450)
  })

  test('comes by priority, then in the order it was asked for', async () => {
    const seen: unknown[] = []
    await enqueue('first')
    await orders.transaction((tx) =>
      work.enqueueAll(tx, 'orders.letters', [{ payload: 'second' }, { payload: 'third' }]),
    )
    await enqueue('urgent', { priority: 5 })
    await enqueue('some day', { priority: -5 })
    await process({ queues: [queue(async (payload) => void seen.push(payload))] })
    await eventually(() => expect(seen).toEqual(['urgent', 'first', 'second', 'third', 'some day']), {
      timeoutMs: 5_000,
    })
  })

  test('is done as fast as it can be, not one at a look', async () => {
    const seen: unknown[] = []
    await orders.transaction((tx) =>
      work.enqueueAll(
        tx,
        'orders.letters',
        Array.from({ length: 200 }, (_, payload) => ({ payload })),
      ),
    )
    await process({ queues: [queue(async (payload) => void seen.push(payload), { concurrency: 2 })] })
    await eventually(() => expect(seen).toHaveLength(200))
    expect(new Set(seen).size).toBe(200)
  })

  test('with one key waits once, and may wait again when it has begun', async () => {
    expect(await enqueue(1, { key: 'shop 7' })).toBeDefined()
    expect(await enqueue(2, { key: 'shop 7' })).toBeUndefined()
    expect(await enqueue(3, { key: 'shop 8' })).toBeDefined()
    const seen: unknown[] = []
    await process({ queues: [queue(async (payload) => void seen.push(payload))] })
    await eventually(() => expect(seen).toEqual([1, 3]))
    expect(await enqueue(4, { key: 'shop 7' })).toBeDefined()
  })

  test('tells how far it is, and stops when it is cancelled', async () => {
    let running: RunningJob | undefined
    await process({
      queues: [
        queue(async (_, job) => {
          running = job
          await job.progress(40, 'page 2 of 5')
          while (!job.signal.aborted) {
            await new Promise((resolve) => setTimeout(resolve, 20))
            await job.progress(100)
          }
        }),
      ],
    })
    const id = await enqueue(1)
    await eventually(async () => expect((await shown(id))?.percent).toBeGreaterThanOrEqual(40))
    expect(await stateOf(id)).toBe('running')
    await desk.cancel(id ?? '')
    await eventually(() => expect(running?.signal.aborted).toBe(true))
    expect(await stateOf(id)).toBe('cancelled')
    expect(await desk.cancel(id ?? '')).toMatchObject({ done: false })
  })
})

describe('work that fails', () => {
  test('is tried five times, then waits for a person, and can be tried again under the same id', async () => {
    let healthy = false
    const attempts: number[] = []
    const { metrics } = await process({
      queues: [
        queue(async (_, job) => {
          attempts.push(job.attempt)
          if (!healthy) throw new Error('the printer is on fire')
        }),
      ],
    })
    const id = await enqueue({ to: 'Ada' })
    await eventually(
      async () => {
        await database.query(`update jobs.job set start_after = now() where state = 'retry'`)
        expect(await stateOf(id)).toBe('failed')
      },
      { timeoutMs: 60_000 },
    )
    expect(attempts).toEqual([1, 2, 3, 4, 5])
    expect(await shown(id)).toMatchObject({
      queue: 'orders.letters',
      attempts: 5,
      dead: true,
      payload: { to: 'Ada' },
      result: { cause: 'Error: the printer is on fire' },
    })
    expect(metrics.value('souk_jobs_failures_total', { queue: 'orders.letters' })).toBe(5)
    healthy = true
    expect(await desk.retry(id ?? '')).toMatchObject({ done: true, job: { id } })
    await eventually(async () => expect(await stateOf(id)).toBe('completed'))
    expect(await desk.list({ limit: 10 })).toHaveLength(1)
  })

  test('waits one to two seconds, then twice as long each time', async () => {
    await process({
      queues: [
        queue(async () => {
          throw new Error('no')
        }),
      ],
    })
    const id = await enqueue(1)
    const waitMs = async () => {
      const [row] = await database.query<{ ms: number; n: number }>(
        `select extract(epoch from start_after - coalesce(completed_on, started_on)) * 1000 as ms, retry_count as n
           from jobs.job where id = '${id}' and state = 'retry'`,
      )
      return row
    }
    await eventually(async () => expect(await waitMs()).toBeDefined())
    const first = await waitMs()
    expect(Number(first?.ms)).toBeGreaterThan(950)
    expect(Number(first?.ms)).toBeLessThan(2_100)
    await eventually(async () => expect((await waitMs())?.n).toBe(1))
    expect(Number((await waitMs())?.ms)).toBeGreaterThan(1_950)
  })

  test('is not tried again when the answer would be the same', async () => {
    const refusals = defineErrors({ 'no-such-shop': { status: 404, title: 'None', help: '-' } })
    let attempts = 0
    await process({
      queues: [
        queue(async () => {
          attempts += 1
          throw refusals.error('no-such-shop', 'gone')
        }),
      ],
    })
    const id = await enqueue(1)
    await eventually(async () => expect(await stateOf(id)).toBe('failed'))
    expect(attempts).toBe(1)
    expect(await desk.cancel(id ?? '')).toMatchObject({ done: true, job: { state: 'cancelled' } })
  })
})

describe('a worker that is killed', () => {
  test('loses its job, which is done by another', async () => {
    const id = await enqueue({ to: 'Ada' })
    const fixture = fileURLToPath(new URL('./work.fixture.ts', import.meta.url))
    const urls = [database.urlFor('jobs'), database.urlFor('orders')]
    const child = spawn(globalThis.process.execPath, [fixture, ...urls], { stdio: 'inherit' })
    await eventually(async () => expect((await shown(id))?.percent).toBe(50))
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('exit', resolve))
    // Its last sign of life is made 31 s old, to not wait for that.
    await database.query(`update jobs.job set heartbeat_on = now() - interval '31 s' where state = 'active'`)
    const attempts: number[] = []
    await process({ queues: [queue(async (_, job) => void attempts.push(job.attempt))] })
    await eventually(async () => expect(await stateOf(id)).toBe('completed'))
    expect(attempts).toEqual([2])
  })
})

describe('what comes by the clock', () => {
  test('runs once a period, however many processes there are', async () => {
    let runs = 0
    const hourly: Job = { name: 'orders.tidy', everyMs: 3_600_000, run: async () => void (runs += 1) }
    await Promise.all([process({ jobs: [hourly] }), process({ jobs: [hourly] })])
    await eventually(() => expect(runs).toBe(1))
    await process({ jobs: [hourly] })
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect(runs).toBe(1)
    expect(await desk.list({ queue: 'orders.schedules', limit: 5 })).toMatchObject([
      { key: 'orders.tidy', state: 'completed' },
    ])
  })

  test('is never under way twice, even when the first is taken for dead', async () => {
    let together = 0
    let most = 0
    let runs = 0
    const slow: Job = {
      name: 'orders.slow',
      everyMs: 60_000,
      async run() {
        runs += 1
        most = Math.max(most, (together += 1))
        await new Promise((resolve) => setTimeout(resolve, 1_200))
        together -= 1
      },
    }
    await Promise.all([process({ jobs: [slow] }), process({ jobs: [slow] })])
    await eventually(() => expect(runs).toBe(1))
    // As if it had not been heard of: the library hands it out again while it still runs.
    await database.query(`update jobs.job set state = 'retry', start_after = now() where state = 'active'`)
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    expect(most).toBe(1)
  })
})

describe('the role of a service', () => {
  test.each([
    ['see what waits', 'select * from jobs.job'],
    ['see another queue', 'select * from jobs.queue'],
    ['change a job', `update jobs.job_common set state = 'completed'`],
    ['write a job past the door', `insert into jobs.job (name) values ('orders.letters')`],
    ['make a queue', `select jobs.ensure_queue('orders.other')`],
    ['put work into another service', `select jobs.enqueue('shops.letters', '[]', '0', 0, 5)`],
    ['write a dead letter', `select jobs.enqueue('orders.dead', '[]', '0', 0, 5)`],
    ['make tables there', 'create table jobs.mine (id int)'],
  ])('may not %s', async (_, text) => {
    await expect(orders.autocommit.run({ name: '', text, values: [] })).rejects.toThrow(
      /permission denied|may not|by hand/,
    )
  })

  test('and that of the jobs may change no table', async () => {
    for (const text of ['drop table job', 'create table more (id int)', `select delete_queue('orders.letters')`])
      await expect(jobs.autocommit.run({ name: '', text, values: [] })).rejects.toThrow(
        /permission denied|must be owner/,
      )
  })
})
