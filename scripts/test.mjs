// `npm test`: installs what is missing, checks the code, runs the tests, and says at the very end how many passed.
//   --only-checks     no tests
//   anything else     goes to vitest (`npm test -- services/orders`), without the checks
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { ensureInstalled, root, suitableNode } from './install.mjs'

const args = process.argv.slice(2).filter((arg) => arg !== '--')
const onlyChecks = args.includes('--only-checks')
const forVitest = args.filter((arg) => arg !== '--only-checks')

await ensureInstalled('full')
const node = suitableNode()
const counts = { passed: 0, failed: 0, skipped: 0 }
const failures = []
const notTried = new Set()
let running
// A Ctrl-C in the terminal reaches the running step too; we only wait for it to end.
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => {
    running?.once('exit', () => process.exit(130))
    if (signal === 'SIGTERM') running?.kill(signal)
  })

if (onlyChecks || forVitest.length === 0) {
  await check('types', tool('@typescript/native', 'tsc'), ['-p', 'tsconfig.json'])
  // What runs in browsers knows the page, not Node: each has settings of its own.
  for (const part of ['packages/ui', 'apps/admin', 'apps/storefront'])
    await check(`types of ${part}`, tool('@typescript/native', 'tsc'), ['-p', `${part}/tsconfig.json`])
  // The rules about promises need types; only what fails the check is shown.
  await check('lint', tool('oxlint', 'oxlint'), ['--type-aware', '--quiet'])
  await check('format', tool('@biomejs/biome', 'biome'), ['format', '.'])
  if (existsSync(join(root, 'contracts', 'buf.yaml')))
    await check('contracts', tool('@bufbuild/buf', 'buf'), ['lint', 'contracts'])
  const contracts = join(root, 'scripts', 'contracts.mjs')
  if (existsSync(contracts)) await check('generated code is fresh', contracts, ['--check'])
  await check('the client of the API is fresh', join(root, 'scripts', 'sdk.mjs'), ['--check'])
}
if (!onlyChecks) await test()

if (failures.length > 0) process.stdout.write(`\nFailed: ${failures.join(', ')}\n`)
for (const reason of notTried) process.stdout.write(`\n${reason}\n`)
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''
process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed${skipped}\n`)
process.exit(failures.length > 0 ? 1 : 0)

/** A check counts in the last line when it fails, so that the line never looks better than the run was. */
async function check(name, script, scriptArgs) {
  const passed = await step(name, script, scriptArgs)
  if (!passed) counts.failed += 1
  else if (onlyChecks) counts.passed += 1
}

async function test() {
  const report = join(root, '.cache', 'vitest.json')
  mkdirSync(join(root, '.cache'), { recursive: true })
  rmSync(report, { force: true })
  const reporters = ['default', 'json', join(root, 'scripts', 'second-tries.mjs')].map((name) => `--reporter=${name}`)
  reporters.push(`--outputFile.json=${report}`)
  const passed = await step('tests', tool('vitest', 'vitest'), ['run', ...reporters, ...forVitest])
  const result = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {}
  counts.passed += result.numPassedTests ?? 0
  // What needs a server that cannot be had here says so in the name of a test that is skipped.
  for (const { assertionResults } of result.testResults ?? [])
    for (const { status, title } of assertionResults)
      if (status !== 'passed' && status !== 'failed' && title.includes('was not tried')) notTried.add(title)
  counts.skipped += (result.numPendingTests ?? 0) + (result.numTodoTests ?? 0)
  // A file that cannot be loaded, or an error outside every test, fails the run without failing a test.
  counts.failed += passed ? 0 : Math.max(1, (result.numFailedTests ?? 0) + filesWithoutTests(result))
}

function filesWithoutTests({ testResults = [] }) {
  const broken = testResults.filter(({ status }) => status === 'failed')
  return broken.filter((file) => !file.assertionResults.some(({ status }) => status === 'failed')).length
}

/** Run one script under the suitable Node, its output shown as it comes; true when it ends with 0. */
async function step(name, script, scriptArgs) {
  process.stdout.write(`\n== ${name}\n`)
  const began = Date.now()
  const passed = await new Promise((resolve) => {
    const child = spawn(node, [script, ...scriptArgs], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, PATH: [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter) },
    })
    running = child
    child.on('error', () => resolve(false))
    child.on('exit', (code) => resolve(code === 0))
  })
  if (!passed) failures.push(name)
  process.stdout.write(`== ${name}: ${passed ? 'passed' : 'FAILED'} in ${((Date.now() - began) / 1000).toFixed(1)} s\n`)
  return passed
}

/** The script behind a package's command, without the shell wrappers that differ between systems. */
function tool(packageName, command) {
  const folder = join(root, 'node_modules', packageName)
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return join(folder, typeof bin === 'string' ? bin : bin[command])
}
