// `npm run test:together`, `npm run test:divided`: the same journeys against a marketplace in one process, and against a
// cluster on Kafka with four databases (tests/journeys/journeys.ts). The last line says how many passed.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { ensureInstalled, root, suitableNode } from './install.mjs'

const [topology] = process.argv.slice(2)
if (!['together', 'divided'].includes(topology)) {
  process.stderr.write('Say which: together or divided.\n')
  process.exit(2)
}
await ensureInstalled('full')
const report = join(root, '.cache', `journeys-${topology}.json`)
mkdirSync(join(root, '.cache'), { recursive: true })
rmSync(report, { force: true })
const { status } = spawnSync(
  suitableNode(),
  [
    join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--config',
    'tests/journeys/vitest.config.ts',
    `tests/journeys/${topology}.journeys.ts`,
    '--reporter=verbose',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ],
  {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, PATH: [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter) },
  },
)
const result = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {}
const failed = status === 0 ? 0 : Math.max(1, result.numFailedTests ?? 0)
process.stdout.write(`\n${result.numPassedTests ?? 0} passed, ${failed} failed\n`)
process.exit(failed > 0 ? 1 : 0)
