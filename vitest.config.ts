import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const globalSetup = fileURLToPath(new URL('./packages/testing/global-setup.ts', import.meta.url))

// Minutes of killing, stopping and cutting off, and of starting the program dozens of times: when they are asked for by name
// (`npm test -- bench/faults`), as CI does, so that all the rest stays within ten minutes on two cores.
const long = {
  'bench/faults': ['bench/faults/faults.test.ts', 'bench/faults/disorder.test.ts'],
  'killed-import': ['apps/souk/import/killed-import.test.ts'],
  rehearsal: ['apps/souk/rehearsal.test.ts'],
  'apps/souk/shards': [
    'apps/souk/shards.test.ts',
    'apps/souk/shards-commands.test.ts',
    'apps/souk/shards-kafka.test.ts',
  ],
  'apps/souk/divided': ['apps/souk/divided.test.ts'],
  'packages/kafka': ['packages/kafka/kafka-log.test.ts', 'packages/kafka/relay.test.ts'],
}
const notAskedFor = Object.entries(long).flatMap(([name, files]) =>
  process.argv.some((arg) => arg.includes(name)) ? [] : files,
)

// Half a minute or more each. Begun last, one of them is waited for while the other core has nothing to do.
const longest = [
  'apps/souk/admin-journeys',
  'packages/embedded-postgres/supervisor',
  'tests/sweep/injection',
  'tests/sweep/slow-and-large',
  'tests/storefront/storefront',
  'tests/sweep/functions',
  'tests/sweep/idempotency',
  'services/search/opensearch/engine',
]
const turnOf = ({ moduleId }: TestSpecification) => {
  const turn = longest.findIndex((name) => moduleId.includes(name))
  return turn < 0 ? longest.length : turn
}

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((a, b) => turnOf(a) - turnOf(b))
  }
}

export default defineConfig({
  test: {
    include: ['apps', 'packages', 'services', 'contracts', 'bench', 'tests', 'sdk'].map(
      (folder) => `${folder}/**/*.test.ts`,
    ),
    exclude: ['**/node_modules/**', '**/gen/**', ...notAskedFor],
    // Processes, not threads: tests change working folders, send signals and load native modules.
    pool: 'forks',
    // Each worker talks to a PostgreSQL of its own making; two fill a small machine.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    // A machine that is busy with other things may stand still for half a minute; what hangs is still found.
    testTimeout: 90_000,
    hookTimeout: 120_000,
    // In CI, where one try of 5,000 tests decides about everything that is to be taken; what needed it is named at the end.
    retry: process.env.SOUK_SECOND_TRY === '1' ? 1 : 0,
    ...(existsSync(globalSetup) ? { globalSetup } : {}),
  },
})
