import type { Database } from '@souk/postgres'
import type { ParsedEnv } from '@souk/service'
import type { Logger } from '@souk/telemetry'
import type { searchConfig } from './config.ts'
import type { SearchEngine } from './engine.ts'
import { postgresEngine } from './postgres/engine.ts'

/** What finds products here. Loaded when it is wanted: most marketplaces need no client of OpenSearch. */
export async function openEngine(
  config: ParsedEnv<typeof searchConfig>,
  db: Database,
  log: Logger,
): Promise<SearchEngine> {
  if (config.SOUK_SEARCH === 'postgresql') return postgresEngine(db)
  if (config.OPENSEARCH_URL === undefined)
    throw new Error('SOUK_SEARCH=opensearch needs OPENSEARCH_URL, the address of an OpenSearch.')
  const { opensearchEngine } = await import('./opensearch/engine.ts')
  const engine = opensearchEngine({
    url: config.OPENSEARCH_URL,
    alias: config.OPENSEARCH_INDEX,
    timeoutMs: config.SOUK_SEARCH_TIMEOUT_MS,
  })
  // Without it, products cannot be found, but everything else goes on: the jobs try again.
  await engine.ready().catch((error: unknown) => log.warn({ error }, 'the search index cannot be reached yet'))
  return engine
}
