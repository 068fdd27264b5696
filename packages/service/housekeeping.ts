import {
  comparePositions,
  countDeadLetters,
  forgetPassedEvents,
  offsetsIn,
  purgeDeadLetters,
  sourceOf,
} from '@souk/events'
import { purgeIdempotencyKeys } from '@souk/http'
import type { Database } from '@souk/postgres'
import type { Logger, Metrics } from '@souk/telemetry'
import type { Clock, Job, ServiceParts } from './define.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** How long what is announced can be read again, once everybody has read it. */
const eventsKeptDays = 7

type Kept = { name: string; shard?: string; db: Database; parts: ServiceParts }

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
        const offsets = await offsetsOfReaders(name, shard, all)
        if (offsets === undefined) return
        await forgetPassedEvents({
          source: db,
          shard,
          consumers: [...new Set(offsets.map(({ consumer }) => consumer))],
          offsets,
          now: clock(),
          days: eventsKeptDays,
        })
      },
    })
  return jobs
}

/**
 * How far each reader of this log is, the one furthest behind first; undefined when one has not begun. Divided services
 * read each other shard by shard, and everybody else's log with each of their shards.
 */
async function offsetsOfReaders(source: string, shard: string, all: readonly Kept[]) {
  const isDivided = (service: string) => all.filter(({ name }) => name === service).length > 1
  const offsets: Awaited<ReturnType<typeof offsetsIn>> = []
  for (const { name, shard: own, db, parts } of all) {
    if (isDivided(source) && isDivided(name) && own !== shard) continue
    const consumers = (parts.consumers ?? []).filter((consumer) => sourceOf(consumer) === source)
    if (consumers.length === 0) continue
    const here = (await offsetsIn(db)).filter((each) => each.source === source && each.shard === shard)
    for (const consumer of consumers) {
      const offset = here.find((each) => each.consumer === consumer.name)
      if (offset === undefined) return undefined
      offsets.push(offset)
    }
  }
  return offsets.sort(comparePositions)
}

/** More than so many events that wait for a person, and somebody must look. */
export const deadLetterAlarm = 100
const watchEveryMs = 15_000

/**
 * How many events wait for a person, by consumer, asked for every 15 s. More than 100 altogether is an alarm: said once
 * when it is crossed, once more when it is over, and in `souk_dead_letters_alarm` meanwhile.
 */
export function watchDeadLetters(services: readonly Kept[], metrics: Metrics, log: Logger): DeadLetterWatch {
  let parked: readonly { consumer: string; parked: number }[] = []
  let alarmed = false
  // Another process looks: a gauge here would say 0 beside its figure.
  if (services.length === 0) return { stop() {}, look: async () => {} }
  metrics.gauge(
    'souk_dead_letters',
    'Events that could not be handled and wait for a person.',
    () => parked.map((one) => ({ labels: { consumer: one.consumer }, value: one.parked })),
    ['consumer'],
  )
  metrics.gauge('souk_dead_letters_alarm', `1 while more than ${deadLetterAlarm} events wait for a person.`, () =>
    alarmed ? 1 : 0,
  )
  const known = new Set(services.flatMap(({ parts }) => (parts.consumers ?? []).map(({ name }) => name)))
  const look = async () => {
    const counts = (await Promise.all(services.map(({ db }) => countDeadLetters(db.autocommit)))).flat()
    for (const { consumer } of counts) known.add(consumer)
    parked = [...known].map((consumer) => counts.find((one) => one.consumer === consumer) ?? { consumer, parked: 0 })
    const total = parked.reduce((sum, one) => sum + Number(one.parked), 0)
    const crossed = total > deadLetterAlarm !== alarmed
    alarmed = total > deadLetterAlarm
    if (!crossed) return
    const consumers = Object.fromEntries(counts.map((one) => [one.consumer, one.parked]))
    if (alarmed) log.error({ total, consumers }, `more than ${deadLetterAlarm} events wait for a person`)
    else log.info({ total, consumers }, `no more than ${deadLetterAlarm} events wait for a person any more`)
  }
  // A database that is away is told of elsewhere; the figure stays what it was.
  const timer = setInterval(() => void look().catch(() => {}), watchEveryMs)
  timer.unref()
  return { stop: () => clearInterval(timer), look }
}

export type DeadLetterWatch = {
  stop(): void
  /** Look now. */
  look(): Promise<void>
}
