import type { Consumer, Event } from '@souk/events'
import type { Database } from '@souk/postgres'
import type { ServiceDefinition } from '@souk/service'
import { hashText, seededRandom } from '../load/random.ts'

export type DisorderCounts = {
  repeated: number
  delayed: number
  /** Kept back, and not delivered yet. */
  waiting: number
  /** By consumer, what it could not take. */
  failures: Map<string, string>
  /** By consumer, how many events came to it late or again. */
  reached: Map<string, number>
}

type Late = { event: Event; atMs: number }

/**
 * Services whose every consumer gets a tenth of its events two to five times, some of them seconds later, and a twentieth
 * past newer ones: as from a log that promises neither once nor order. Which, follows from the seed and the event's id.
 */
export function inDisorder(services: readonly ServiceDefinition[], seed: number) {
  const counts: DisorderCounts = { repeated: 0, delayed: 0, waiting: 0, failures: new Map(), reached: new Map() }
  const disorderly = services.map(
    (service): ServiceDefinition => ({
      ...service,
      async start(context) {
        const parts = await service.start(context)
        const mixed = (parts.consumers ?? []).map((consumer) => mix(consumer, context.db, seed, counts))
        return {
          ...parts,
          consumers: mixed.map(({ consumer }) => consumer),
          jobs: [...(parts.jobs ?? []), ...mixed.map(({ job }) => job)],
        }
      },
    }),
  )
  return { services: disorderly, counts }
}

function mix(consumer: Consumer, db: Database, seed: number, counts: DisorderCounts) {
  let late: Late[] = []
  const fateOf = ({ id }: Event) => {
    const random = seededRandom(seed ^ hashText(`${consumer.name} ${id}`))
    const delayed = random() < 0.05
    const copies = random() < 0.1 ? 1 + Math.floor(random() * 4) : 0
    return { delayed, waits: Array.from({ length: copies + 1 }, () => (random() < 0.5 ? 0 : random() * 2_500)) }
  }
  /** What reaches the consumer of a batch now: the delayed are missing, some stand there again. */
  const now = (events: readonly Event[]) =>
    events.flatMap((event) => {
      const { delayed, waits } = fateOf(event)
      return delayed ? [] : [event, ...waits.slice(1).flatMap((ms) => (ms === 0 ? [event] : []))]
    })
  /** Once the batch is committed: what of it comes later. */
  const keepBack = (events: readonly Event[]) => {
    const nowMs = performance.now()
    for (const event of events) {
      const { delayed, waits } = fateOf(event)
      if (delayed) counts.delayed += 1
      counts.repeated += waits.length - 1
      const later = delayed ? waits.map((ms) => 100 + ms) : waits.slice(1).filter((ms) => ms > 0)
      for (const ms of later) late.push({ event, atMs: nowMs + ms })
      counts.waiting += later.length
      if (later.length > 0) counts.reached.set(consumer.name, (counts.reached.get(consumer.name) ?? 0) + 1)
    }
  }
  const disorderly: Consumer = {
    ...consumer,
    ...(consumer.prepare !== undefined && { prepare: (events) => consumer.prepare?.(now(events)) as Promise<unknown> }),
    async handle(tx, events, prepared) {
      await consumer.handle(tx, now(events), prepared)
      tx.afterCommit(() => keepBack(events))
    },
  }
  let busy = false
  async function deliverLate(): Promise<void> {
    const due = late.filter(({ atMs }) => atMs <= performance.now())
    if (busy || due.length === 0) return
    busy = true
    try {
      const events = due.map(({ event }) => event)
      const prepared = await consumer.prepare?.(events)
      await db.transaction((tx) => consumer.handle(tx, events, prepared))
      late = late.filter((each) => !due.includes(each))
      counts.waiting -= due.length
    } catch (error) {
      // As a consumer does: it is tried again.
      counts.failures.set(consumer.name, String(error))
    } finally {
      busy = false
    }
  }
  return { consumer: disorderly, job: { name: `${consumer.name}-late`, everyMs: 100, run: deliverLate } }
}
