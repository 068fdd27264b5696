import { accountRegistered } from '@souk/contracts'
import type { Event } from '@souk/events'
import { uuidv7 } from '@souk/postgres'
import { collectingOutbox, testDatabase } from '@souk/testing'
import { customerConsumers } from './consumers.ts'
import { customers } from './index.ts'
import { customerRoutes } from './routes.ts'

/** For tests: customers on a database of their own, beside a service of pictures that remembers what it was asked. */
export async function startCustomers(clock: () => Date) {
  const database = await testDatabase([customers])
  const outbox = collectingOutbox()
  const queued: unknown[] = []
  const kept: unknown[] = []
  const pictures = new Map<string, string>()
  const deps = {
    db: database.open('customers'),
    outbox,
    clock,
    addressesPerCustomer: 3,
    work: {
      async enqueue(_tx: unknown, _queue: string, payload: unknown) {
        queued.push(payload)
        return ''
      },
      async enqueueAll(_tx: unknown, _queue: string, jobs: readonly { payload: unknown }[]) {
        queued.push(...jobs.map(({ payload }) => payload))
        return []
      },
    },
    media: {
      async getPersonalPicture({ accountId = '', mediaId = '' }) {
        const url = `/media/${mediaId}/160.webp`
        return { picture: pictures.get(mediaId) === accountId ? { mediaId, url } : undefined } as never
      },
      async keepPersonalPicture(given: object) {
        kept.push(given)
        return { forgotten: 0 } as never
      },
    },
  }
  const consume = (events: readonly Event[]) =>
    deps.db.transaction((tx) => customerConsumers(deps)[0]?.handle(tx, events) as Promise<void>)
  return {
    database,
    deps,
    outbox,
    routes: customerRoutes({ ...deps, keepers: {}, exportsPerMinute: 3 }),
    /** What was put off. */
    queued,
    /** What pictures were told to keep. */
    kept,
    consume,
    /** A picture somebody uploaded of themselves. */
    upload(accountId: string): string {
      const mediaId = uuidv7(clock().getTime())
      pictures.set(mediaId, accountId)
      return mediaId
    },
    registered(accountId: string, email: string, name: string, guest = false) {
      const payload = { accountId, email, name, guest, registeredAtMs: BigInt(clock().getTime()) }
      return consume([{ payload, correlationId: 'c', type: accountRegistered.type } as unknown as Event])
    },
    close: () => database.close(),
  }
}
