import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { engines, enginesRequired } from '../../scripts/engines.mjs'
import { freePorts } from './ports.ts'
import { supervise } from './supervised.ts'

export type OpenSearch = { readonly url: string; notTried: undefined; close(): Promise<void> } | { notTried: string }

/**
 * One node of OpenSearch for one test file, on an empty folder that goes with it; or the sentence that says why not.
 * @throws where engines are required (SOUK_REQUIRE_ENGINES=1): there, what cannot be tried has failed.
 */
export async function opensearchForTests(): Promise<OpenSearch> {
  try {
    await engines.opensearch.obtain({ onProgress: (message) => process.stderr.write(`opensearch: ${message}\n`) })
  } catch (error) {
    if (enginesRequired()) throw error
    return { notTried: `OpenSearch was not tried: ${(error as Error).message}` }
  }
  const { path, java = 'java' } = await engines.opensearch.obtain()
  const folder = mkdtempSync(join(tmpdir(), 'souk-test-opensearch-'))
  const [port = 0, nodes = 0] = await freePorts(2)
  const url = `http://127.0.0.1:${port}`
  const supervised = await supervise({
    name: 'OpenSearch',
    path: java,
    args: [
      '-Xms384m',
      '-Xmx384m',
      '-XX:TieredStopAtLevel=1',
      '-cp',
      join(path, '*'),
      engines.opensearch.starter,
      folder,
      String(port),
      String(nodes),
    ],
    log: join(folder, 'opensearch.log'),
    readyMs: 120_000,
    isReady: async () => {
      const answer = await fetch(url).catch(() => undefined)
      return answer?.ok ?? false
    },
  })
  return {
    url,
    notTried: undefined,
    async close() {
      await supervised.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
