import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** The way of orders against a whole marketplace: `npm run test:together`, `npm run test:divided`. Not part of `npm test`. */
export default defineConfig({
  root: fileURLToPath(new URL('../../', import.meta.url)),
  test: {
    include: ['tests/journeys/*.journeys.ts'],
    pool: 'forks',
    // A machine that is busy with other things may stand still for half a minute.
    testTimeout: 180_000,
    hookTimeout: 240_000,
  },
})
