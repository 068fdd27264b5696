import { create } from '@bufbuild/protobuf'
import type { DescMessage, MessageInitShape } from '@bufbuild/protobuf'
import { CatalogService } from '@souk/contracts/catalog'
import { ShopService } from '@souk/contracts/shops'
import type { Event, EventType } from '@souk/events'
import { type Database, uuidv7 } from '@souk/postgres'
import { createGuard } from '@souk/resilience'
import { createDirectory } from '@souk/rpc'
import { collectingOutbox, fakeMetrics, manualClock, memoryLog } from '@souk/testing'
import type { Outcome, Outgoing, Provider } from './channel.ts'
import { messageConsumers } from './consumers.ts'
import type { Channel } from './message.ts'
import { messageMeters } from './metrics.ts'
import { createPace } from './pace.ts'
import { messageRoutes } from './routes-messages.ts'
import { preferenceRoutes } from './routes-preferences.ts'
import { templateRoutes } from './routes-templates.ts'
import { sendDue, type Way } from './send-due.ts'

/** An event as a consumer receives it. */
export const received = <Desc extends DescMessage>(type: EventType<Desc>, payload: MessageInitShape<Desc>): Event =>
  ({
    id: uuidv7(Date.now()),
    type: type.type,
    topic: type.topic,
    schemaVersion: 1,
    key: '',
    occurredAtMs: Date.now(),
    correlationId: '',
    payload: create(type.message, payload),
  }) as Event

/** A provider in memory that does what it is told, and writes down what it took. */
export function fakeProvider(channel: Channel, name = `fake-${channel}`) {
  const took: Outgoing[] = []
  const calls: number[] = []
  let behaviour: (message: Outgoing) => Outcome | Promise<Outcome> = (message) => ({
    kind: 'sent',
    reference: `ref-${message.messageId.slice(-4)}`,
  })
  const provider: Provider = {
    name,
    channel,
    perSecond: 10_000,
    async send(batch) {
      calls.push(batch.length)
      const outcomes: Outcome[] = []
      for (const message of batch) {
        const outcome = await behaviour(message)
        if (outcome.kind === 'sent') took.push(message)
        outcomes.push(outcome)
      }
      return outcomes
    },
  }
  return {
    provider,
    took,
    calls,
    does(next: typeof behaviour) {
      behaviour = next
    },
  }
}

/** Notifications over a real database, with the providers given and a clock that is moved by hand. */
export function testNotifications(db: Database, providers: readonly Provider[] = []) {
  const time = manualClock(new Date('2026-03-02T10:00:00Z'))
  const outbox = collectingOutbox()
  const log = memoryLog()
  const metrics = fakeMetrics()
  const meters = messageMeters(metrics)
  const open = new Set(providers.map(({ channel }) => channel))
  const deps = { db, outbox, clock: time.clock, log, meters, open, random: () => 0.5 }
  const shops = new Map<string, { name: string; ownerAccountId: string; staff?: Record<string, string[]> }>()
  const titles = new Map<string, string>()
  const directory = createDirectory()
  directory.serve(
    (router) => {
      router.service(ShopService, {
        getShop: ({ shopId }) => {
          const shop = shops.get(shopId)
          if (shop === undefined) return {}
          const { name, ownerAccountId } = shop
          return { shop: { shopId, version: 1n, name, ownerAccountId } }
        },
        listStaff: ({ shopId, duty }) => ({ accountIds: shops.get(shopId)?.staff?.[duty] ?? [] }),
      })
      router.service(CatalogService, {
        getProducts: ({ productIds }) => ({
          products: productIds.flatMap((productId) =>
            titles.has(productId) ? [{ productId, title: titles.get(productId) ?? '' }] : [],
          ),
        }),
      })
    },
    [ShopService, CatalogService],
  )
  const consumers = messageConsumers({
    ...deps,
    shops: directory.client(ShopService),
    catalog: directory.client(CatalogService),
  })
  const ways: Way[] = providers.map((provider) => ({
    provider,
    guard: createGuard({ name: provider.name, metrics, clock: time.clock, log }),
    pace: createPace(provider.perSecond, time.clock),
    away: 0,
    restUntilMs: 0,
  }))
  return {
    deps,
    time,
    outbox,
    log,
    metrics,
    shops,
    titles,
    ways,
    routes: [...messageRoutes(deps), ...preferenceRoutes(deps), ...templateRoutes(deps)],
    /** Hand events to the consumer of this name, as its runner would. */
    async consume(name: string, ...events: Event[]) {
      const consumer = consumers.find((each) => each.name === `notifications.${name}`)
      if (consumer === undefined) throw new Error(`no consumer ${name}`)
      const prepared = await consumer.prepare?.(events)
      await db.transaction((tx) => consumer.handle(tx, events, prepared))
    },
    /** One look of every provider at what is due. */
    async send() {
      let sent = 0
      for (const way of ways) sent += await sendDue(deps, way, time.clock().getTime() + 5_000)
      return sent
    },
  }
}
export type TestNotifications = ReturnType<typeof testNotifications>
