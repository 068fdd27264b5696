import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OpenApi } from '@souk/http'
import { openMarketplace } from './marketplace.ts'
import { allServices } from './services.ts'

/**
 * The OpenAPI document of all services, as a marketplace with default settings serves it: one is opened for it, on an
 * embedded database in a folder of its own that is gone afterwards. About 2 s.
 */
export async function describeApi(): Promise<OpenApi> {
  const folder = mkdtempSync(join(tmpdir(), 'souk-describe-'))
  try {
    const marketplace = await openMarketplace({
      services: allServices,
      // Nobody is paid: the address only lets payments start.
      env: { SOUK_DATA: folder, SOUK_DEMO: 'off', SOUK_TEST_PROVIDER_URL: 'http://127.0.0.1:1' },
      port: 0,
      onProgress: () => {},
      onFatal: () => {},
    })
    const document = marketplace.http.openapi()
    await marketplace.stop()
    return document
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
