import { countDeadLetters, forgetPassedEvents, offsetsIn, purgeDeadLetters, sourceOf } from '@souk/events'
import { purgeIdempotencyKeys } from '@souk/http'
import type { Database } from '@souk/postgres'
import type { Metrics } from '@souk/telemetry'
import type { Clock, Job, ServiceParts } from './define.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** How long what is announced can be read again, once everybody has read it. */
const eventsKeptDays = 7

type Kept = { name: string; db: Database; parts: ServiceParts }

/**
 * What every service has done for it: answers forgotten after a day, dead letters after 30, events after seven once
 * every consumer has passed them.
 *
 * @param all every service of the program, or undefined when this process knows only some: then it cannot know who has
 *   still to read what, and forgets no events.
 */
export function housekeepingJobs(service: Kept, all: readonly Kept[] | undefined, shard: string, clock: Clock): Job[] {
  const { name, db } = service
  const jobs: Job[] = [
    {
      name: `${name}.forget-answers`,
      everyMs: hourMs / 4,
      async run() {
        const before = new Date(clock().getTime() - dayMs)
        // 5,000 rows a call: no lock is held for long, however many there are.
        while ((await db.transaction((tx) => purgeIdempotencyKeys(tx, before))) >= 5_000);
      },
    },
    {
      name: `${name}.forget-dead-letters`,
      everyMs: hourMs,
      run: async () => void (await db.transaction((tx) => purgeDeadLetters(tx, clock()))),
    },
  ]
  if (all !== undefined)
    jobs.push({
      name: `${name}.forget-events`,
      everyMs: hourMs,
      async run() {
        const consumers = all.flatMap(({ parts }) => parts.consumers ?? [])
        await forgetPassedEvents({
          source: db,
          shard,
          consumers: consumers.filter((consumer) => sourceOf(consumer) === name).map((consumer) => consumer.name),
          offsets: (await Promise.all(all.map((one) => offsetsIn(one.db)))).flat(),
          now: clock(),
          days: eventsKeptDays,
        })
      },
    })
  return jobs
}

/** How many events wait for a person, asked for every 15 s; more than 100 is an alarm. */
export function watchDeadLetters(services: readonly Kept[], metrics: Metrics): { stop(): void } {
  let parked = 0
  // Another process looks: a gauge here would say 0 beside its figure.
  if (services.length === 0) return { stop() {} }
  metrics.gauge('souk_dead_letters', 'Events that could not be handled and wait for a person.', () => parked)
  const look = async () => {
    const counts = await Promise.all(services.map(({ db }) => countDeadLetters(db.autocommit)))
    parked = counts.flat().reduce((sum, one) => sum + Number(one.parked), 0)
  }
  // A database that is away is told of elsewhere; the figure stays what it was.
  const timer = setInterval(() => void look().catch(() => {}), 15_000)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}
