import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** The way of orders against a whole marketplace: `npm run test:together`, `npm run test:divided`. Not part of `npm test`. */
export default defineConfig({
  root: fileURLToPath(new URL('../../', import.meta.url)),
  test: {
    include: ['tests/journeys/*.journeys.ts'],
    pool: 'forks',
    // Longer than anything in them waits, so that what is said is what was waited for.
    testTimeout: 600_000,
    hookTimeout: 900_000,
  },
})
