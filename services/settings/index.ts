import { accountClosed, flagChanged, settingChanged } from '@souk/contracts'
import type { AccountClosed } from '@souk/contracts/identity'
import { PersonalDataService, SettingsService } from '@souk/contracts/settings'
import { ShopService } from '@souk/contracts/shops'
import { defineService, recordsOf } from '@souk/service'
import { settingAudits } from './audits.ts'
import { ensureDeclared } from './change-flag.ts'
import { settingConfig } from './config.ts'
import { personalSections } from './personal.sql.ts'
import { settingErrors } from './errors.ts'
import { allFlags, revision } from './flags.sql.ts'
import { flagRoutes } from './routes-flags.ts'
import { settingRoutes } from './routes-settings.ts'
import { settingRpc } from './rpc.ts'
import { forgetOwners } from './settings.sql.ts'
import { createSnapshot, type Loaded, type Snapshot } from './snapshot.ts'

export type { Flag, FlagContext } from './flag.ts'
export { createSnapshot, type Loaded, type Snapshot }

/** Our flags behind the interface of OpenFeature; its library is loaded by who asks for it. */
export const openFlagProvider = async (snapshot: Snapshot) =>
  (await import('./provider.ts')).createFlagProvider(snapshot)

/** What can be set, and features that are switched on gradually. */
export const settings = defineService({
  name: 'settings',
  migrations: new URL('./migrations/', import.meta.url),
  config: settingConfig,
  errors: settingErrors,
  emits: [settingChanged, flagChanged],
  async start({ config, db, outbox, clock, log, metrics, directory }) {
    const snapshot = createSnapshot({
      freshMs: config.FLAGS_FRESH_MS,
      log,
      async load(known): Promise<Loaded | undefined> {
        // The revision first: what is read after it is as new or newer, and then it is only looked at once more.
        const now = await revision(db.autocommit)
        if (now === known) return undefined
        return { revision: now, flags: (await allFlags(db.autocommit)).map(({ definition }) => definition) }
      },
    })
    const deps = { db, outbox, clock, snapshot, shops: directory.client(ShopService) }
    await ensureDeclared(deps)
    await snapshot.refresh()
    metrics.gauge(
      'souk_flags_age_seconds',
      'Since feature flags in memory were last compared with the database',
      () => snapshot.ageMs() / 1_000,
    )
    return {
      routes: [...settingRoutes(deps), ...flagRoutes(deps)],
      rpc: {
        handlers: (router) => {
          settingRpc(deps)(router)
          router.service(PersonalDataService, { listRecords: recordsOf(() => [db.autocommit], personalSections) })
        },
        services: [SettingsService, PersonalDataService],
      },
      consumers: [
        {
          // Where consumers run they know of a change by the event; elsewhere by looking, within FLAGS_FRESH_MS.
          name: 'settings.flags',
          events: [flagChanged],
          handle: async (tx) => tx.afterCommit(() => void snapshot.refresh()),
        },
        {
          name: 'settings.accounts',
          events: [accountClosed],
          async handle(tx, events) {
            await forgetOwners(
              tx,
              events.map((event) => (event.payload as unknown as AccountClosed).accountId),
            )
          },
        },
      ],
      audits: settingAudits,
    }
  },
})
