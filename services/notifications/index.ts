import { messageFailed, messagesSent } from '@souk/contracts'
import { CatalogService } from '@souk/contracts/catalog'
import { MessageService, PersonalDataService } from '@souk/contracts/notifications'
import { ShopService } from '@souk/contracts/shops'
import { createGuard } from '@souk/resilience'
import { defineService, recordsOf } from '@souk/service'
import { messageAudits } from './audits.ts'
import { configuredChannels } from './channels/index.ts'
import { config } from './config.ts'
import { personalSections } from './personal.sql.ts'
import { messageConsumers } from './consumers.ts'
import { errors } from './errors.ts'
import { messageJobs } from './jobs.ts'
import { tendPartitions } from './messages.sql.ts'
import { messageMeters } from './metrics.ts'
import { createPace } from './pace.ts'
import { messageRoutes } from './routes-messages.ts'
import { preferenceRoutes } from './routes-preferences.ts'
import { receiptRoutes } from './routes-receipts.ts'
import { templateRoutes } from './routes-templates.ts'
import { messageRpc } from './rpc.ts'
import type { Way } from './send-due.ts'

export { type InboxFilter, type InboxListed, type InboxMessage, readInbox } from './inbox.ts'
export { allKinds as kindNames, isKind } from './kinds.ts'
export { channels, isChannel } from './message.ts'

/** What people are told, how, and in which words. */
export const notifications = defineService({
  name: 'notifications',
  migrations: new URL('./migrations/', import.meta.url),
  config,
  errors,
  emits: [messageFailed, messagesSent],
  async start({ config: settings, db, outbox, clock, log, metrics, directory }) {
    const keepFrom = new Date(clock().getTime() - settings.MESSAGES_KEPT_DAYS * 86_400_000)
    await db.transaction((tx) => tendPartitions(tx, clock(), keepFrom))
    const openings = configuredChannels(settings)
    const open = new Set(openings.map(({ channel }) => channel))
    const meters = messageMeters(metrics)
    const deps = { db, outbox, clock, log, meters, open }

    let opened: Promise<Way[]> | undefined
    const ways = () => {
      opened ??= Promise.all(
        openings.map(async (opening) => {
          const provider = await opening.open()
          const guard = createGuard({ name: provider.name, metrics, clock, log })
          return { provider, guard, pace: createPace(provider.perSecond, clock), away: 0, restUntilMs: 0 }
        }),
      )
      opened.catch(() => (opened = undefined))
      return opened
    }

    return {
      routes: [
        ...messageRoutes(deps),
        ...preferenceRoutes(deps),
        ...templateRoutes(deps),
        ...receiptRoutes(deps, settings),
      ],
      rpc: {
        handlers: (router) => {
          messageRpc(deps)(router)
          router.service(PersonalDataService, { listRecords: recordsOf(() => [db.autocommit], personalSections) })
        },
        services: [MessageService, PersonalDataService],
      },
      consumers: messageConsumers({
        ...deps,
        shops: directory.client(ShopService),
        catalog: directory.client(CatalogService),
      }),
      jobs: messageJobs({ ...deps, ways, keptDays: settings.MESSAGES_KEPT_DAYS }),
      audits: messageAudits,
      async stop() {
        for (const { provider } of (await opened?.catch(() => [])) ?? []) await provider.close?.()
      },
    }
  },
})
