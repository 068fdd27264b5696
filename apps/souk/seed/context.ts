import { createHash } from 'node:crypto'
import { createOutbox } from '@souk/events'
import { createShards } from '@souk/postgres'
import { createWork, type ServiceContext } from '@souk/service'
import { lagOfConsumers } from '../audit/cross-checks.ts'
import type { House } from '../house.ts'

/** What a service's functions for loading in bulk work with: the same as the service itself. */
export function seedContext(house: House, service: string): ServiceContext<never> {
  const found = house.running.services.find(({ definition }) => definition.name === service)
  if (found === undefined) throw new Error(`${service} does not run in this process`)
  const { db, databases } = found
  return {
    config: house.config as never,
    db,
    shards: createShards(databases, databases.length > 1 ? house.division.mapping?.() : undefined),
    outbox: createOutbox({ wake: () => house.eventLog.wake(service) }),
    clock: house.clock,
    log: house.log,
    metrics: house.metrics,
    directory: house.directory,
    cache: house.cache,
    work: createWork(service, house.clock),
  }
}

/** The same text always gives the same id: whatever is received under it is received once. */
export function idFor(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** Wait until every consumer has handled what was announced. Somebody must be working: this process, or another. */
export async function untilHandled(
  house: House,
  options: { patienceMs?: number; onWaiting?: (events: number) => void } = {},
): Promise<void> {
  let giveUpAt = Date.now() + (options.patienceMs ?? 30_000)
  let fewest = Number.POSITIVE_INFINITY
  for (;;) {
    const events = (await lagOfConsumers(house)).reduce((sum, lag) => sum + lag.events, 0)
    if (events === 0) return
    options.onWaiting?.(events)
    if (events < fewest) giveUpAt = Date.now() + (options.patienceMs ?? 30_000)
    fewest = Math.min(fewest, events)
    if (Date.now() > giveUpAt)
      throw new Error(
        `${events} events are still not handled; \`souk audit\` and \`souk dead-letters list\` may tell why`,
      )
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
