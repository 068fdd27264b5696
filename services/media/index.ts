import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Database } from '@souk/postgres'
import { MediaService, PersonalDataService } from '@souk/contracts/media'
import { defineService, type ParsedEnv, recordsOf } from '@souk/service'
import { mediaAudits } from './audits.ts'
import { mediaConfig } from './config.ts'
import { personalSections } from './personal.sql.ts'
import { mediaErrors } from './errors.ts'
import { folderStorage } from './folder-storage.ts'
import { mediaJobs } from './jobs.ts'
import { finishMedia, type MediaDeps, variantsQueue } from './keep-pictures.ts'
import { createLinks, type Links } from './links.ts'
import { signingKey } from './media.sql.ts'
import { tellingOfOutages } from './outages.ts'
import { publicRoutes } from './public-routes.ts'
import { personalRoutes } from './routes-personal.ts'
import { mediaRoutes } from './routes.ts'
import { mediaRpc } from './rpc.ts'
import type { Storage } from './storage.ts'

export const media = defineService({
  name: 'media',
  migrations: new URL('./migrations/', import.meta.url),
  config: mediaConfig,
  errors: mediaErrors,
  emits: [],
  async start({ config, db, shards, work, clock, log, metrics }) {
    const links = createLinks(await linksKey(db))
    const storage = await openStorage(config, links)
    const refused = metrics.counter('souk_media_refused_total', 'Uploads that were no pictures we take')
    const made = metrics.counter('souk_media_processed_total', 'Pictures whose variants were made')
    const deps: MediaDeps = {
      shards,
      storage,
      work,
      clock,
      log,
      quotaBytes: config.SOUK_MEDIA_QUOTA_MB * 1_000_000,
      onRefused: () => refused.inc(),
    }
    const baseUrl = (config.SOUK_MEDIA_CDN_URL ?? '').replace(/\/$/, '')
    return {
      routes: [...mediaRoutes(deps, baseUrl), ...personalRoutes(deps, baseUrl), ...publicRoutes(deps, links)],
      rpc: {
        handlers: (router) => {
          mediaRpc(deps, baseUrl)(router)
          router.service(PersonalDataService, { listRecords: recordsOf(() => [db.autocommit], personalSections) })
        },
        services: [MediaService, PersonalDataService],
      },
      queues: [
        {
          name: variantsQueue,
          async run(payload) {
            await finishMedia(deps, (payload as { mediaId: string }).mediaId)
            made.inc()
          },
        },
      ],
      jobs: mediaJobs(deps),
      audits: mediaAudits(storage, clock),
      stop: async () => storage.close(),
    }
  },
})

const linksKey = (db: Database): Promise<Buffer> => db.transaction((tx) => signingKey(tx, randomBytes(32)))

/** The client of S3 is loaded where it is wanted: it takes 100 ms. */
async function openStorage(config: ParsedEnv<typeof mediaConfig>, links: Links): Promise<Storage> {
  if (config.SOUK_MEDIA === 'folder')
    return folderStorage({ folder: config.SOUK_MEDIA_FOLDER ?? join(config.SOUK_DATA, 'media'), links })
  const { s3Storage } = await import('./s3-storage.ts')
  return tellingOfOutages(
    s3Storage({
      endpoint: config.S3_ENDPOINT,
      region: config.S3_REGION,
      bucket: config.S3_BUCKET,
      accessKeyId: config.S3_ACCESS_KEY_ID,
      secretAccessKey: config.S3_SECRET_ACCESS_KEY,
      pathStyle: config.S3_PATH_STYLE,
    }),
  )
}
