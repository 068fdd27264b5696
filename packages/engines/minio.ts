import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { engines, enginesRequired } from '../../scripts/engines.mjs'
import { freePorts } from './ports.ts'
import { supervise } from './supervised.ts'

export type Minio =
  | { url: string; accessKeyId: string; secretAccessKey: string; notTried: undefined; close(): Promise<void> }
  | { notTried: string }

/**
 * A MinIO for one test file, on an empty folder that goes with it; or the sentence that says why not. It is not built for a
 * test, which would take minutes: `npm run engines -- minio` does, once.
 * @throws where engines are required (SOUK_REQUIRE_ENGINES=1): there, it is built.
 */
export async function minioForTests(): Promise<Minio> {
  if (engines.minio.locate() === undefined && !enginesRequired())
    return { notTried: 'MinIO was not tried: `npm run engines -- minio` builds it, once.' }
  const { path } = await engines.minio.obtain({ onProgress: (message) => process.stderr.write(`minio: ${message}\n`) })
  const folder = mkdtempSync(join(tmpdir(), 'souk-test-minio-'))
  const [port = 0, console = 0] = await freePorts(2)
  const url = `http://127.0.0.1:${port}`
  const [accessKeyId, secretAccessKey] = ['souk-tests', 'only-for-tests']
  const supervised = await supervise({
    name: 'MinIO',
    // MinIO takes its key from the environment only.
    path: '/usr/bin/env',
    args: [
      `MINIO_ROOT_USER=${accessKeyId}`,
      `MINIO_ROOT_PASSWORD=${secretAccessKey}`,
      'MINIO_BROWSER=off',
      path,
      'server',
      join(folder, 'data'),
      '--address',
      `127.0.0.1:${port}`,
      '--console-address',
      `127.0.0.1:${console}`,
    ],
    log: join(folder, 'minio.log'),
    isReady: async () => (await fetch(`${url}/minio/health/live`).catch(() => undefined))?.ok ?? false,
  })
  return {
    url,
    accessKeyId,
    secretAccessKey,
    notTried: undefined,
    async close() {
      await supervised.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
