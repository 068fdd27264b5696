import { CatalogService } from '@souk/contracts/catalog'
import { AllotmentService } from '@souk/contracts/orders'
import { SearchService } from '@souk/contracts/search'
import { defineService } from '@souk/service'
import { searchAudits } from './audits.ts'
import { searchConfig } from './config.ts'
import { searchConsumers } from './consumers.ts'
import { searchErrors } from './errors.ts'
import { searchJobs } from './jobs.ts'
import { watchIndex } from './metrics.ts'
import { openEngine } from './open-engine.ts'
import { searchRoutes } from './routes.ts'
import { searchRpc } from './rpc.ts'
import type { IndexDeps } from './write-due.ts'

export { readRebuild, type Rebuild as SearchRebuild } from './due.sql.ts'
export { wantRebuild } from './rebuild.ts'

export const search = defineService({
  name: 'search',
  migrations: new URL('./migrations/', import.meta.url),
  config: searchConfig,
  errors: searchErrors,
  emits: [],
  async start({ config, db, clock, log, metrics, directory, cache }) {
    const engine = await openEngine(config, db, log)
    const deps: IndexDeps = {
      db,
      engine,
      clock,
      catalog: directory.client(CatalogService),
      allotments: directory.client(AllotmentService),
      onWritten: watchIndex(metrics),
    }
    return {
      routes: searchRoutes({ db, engine }, cache),
      rpc: { handlers: searchRpc(deps), services: [SearchService] },
      consumers: searchConsumers({ clock, wake: () => {} }),
      jobs: searchJobs(deps),
      audits: searchAudits,
      stop: () => engine.close(),
    }
  },
})
