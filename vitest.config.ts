import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const globalSetup = fileURLToPath(new URL('./packages/testing/global-setup.ts', import.meta.url))

export default defineConfig({
  test: {
    include: ['apps', 'packages', 'services', 'contracts', 'bench', 'tests', 'sdk'].map(
      (folder) => `${folder}/**/*.test.ts`,
    ),
    exclude: ['**/node_modules/**', '**/gen/**'],
    // Processes, not threads: tests change working folders, send signals and load native modules.
    pool: 'forks',
    // Each worker talks to a PostgreSQL of its own making; two fill a small machine.
    maxWorkers: 2,
    // A machine that is busy with other things may stand still for half a minute; what hangs is still found.
    testTimeout: 90_000,
    hookTimeout: 120_000,
    ...(existsSync(globalSetup) ? { globalSetup } : {}),
  },
})
