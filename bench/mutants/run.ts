import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { copySources, removeCopy } from './copy.ts'
import type { Edit, Mutant } from './list.ts'

export type MutantOutcome = {
  name: string
  breaks: string
  /**
   * - `killed`: a test that is named for it failed.
   * - `survived`: they all passed, so nobody would have noticed.
   * - `stale`: the code does not say any more what was to be broken.
   */
  outcome: 'killed' | 'survived' | 'stale'
  /** Names of the tests that failed, or what does not fit any more. */
  by: string[]
  tookMs: number
}

export type MutantsResult = {
  outcomes: MutantOutcome[]
  killed: number
  survived: number
  stale: number
  /** Tests that fail on the unbroken copy: with any of these, nothing here proves anything. */
  redBefore: string[]
  tookMs: number
}

export type MutantsOptions = {
  root: string
  mutants: readonly Mutant[]
  onProgress?: (text: string) => void
  onOutcome?: (outcome: MutantOutcome) => void
  signal?: AbortSignal
}

/** Break a copy of the code in each of these ways, one at a time, and see whether the tests named for it turn red. */
export async function runMutants({
  root,
  mutants,
  onProgress,
  onOutcome,
  signal,
}: MutantsOptions): Promise<MutantsResult> {
  const beganAt = performance.now()
  // Vite follows links to their end; a temporary folder that is one would make two places of one file.
  const copy = realpathSync(mkdtempSync(join(tmpdir(), 'souk-mutants-')))
  const outcomes: MutantOutcome[] = []
  try {
    onProgress?.('copying the sources')
    copySources(root, copy)
    onProgress?.('running the tests unbroken, so that red means something')
    const before = await runTests(
      copy,
      mutants.flatMap((mutant) => mutant.turnsRed),
      signal,
    )
    const redBefore = before.failed
    for (const mutant of redBefore.length > 0 ? [] : mutants) {
      if (signal?.aborted) break
      onProgress?.(mutant.name)
      const outcome = await tryOne(copy, mutant, signal)
      outcomes.push(outcome)
      onOutcome?.(outcome)
    }
    const count = (wanted: MutantOutcome['outcome']) => outcomes.filter(({ outcome }) => outcome === wanted).length
    return {
      outcomes,
      killed: count('killed'),
      survived: count('survived'),
      stale: count('stale'),
      redBefore,
      tookMs: Math.round(performance.now() - beganAt),
    }
  } finally {
    removeCopy(copy)
  }
}

async function tryOne(copy: string, mutant: Mutant, signal: AbortSignal | undefined): Promise<MutantOutcome> {
  const beganAt = performance.now()
  const done = (outcome: MutantOutcome['outcome'], by: string[]): MutantOutcome => ({
    name: mutant.name,
    breaks: mutant.breaks,
    outcome,
    by,
    tookMs: Math.round(performance.now() - beganAt),
  })
  const before = new Map(mutant.edits.map(({ file }) => [file, readFileSync(join(copy, file), 'utf8')]))
  const { texts, misfits } = broken(mutant.edits, (file) => before.get(file) ?? '')
  if (misfits.length > 0) return done('stale', misfits)
  try {
    for (const [file, text] of texts) writeFileSync(join(copy, file), text)
    const { failed } = await runTests(copy, mutant.turnsRed, signal)
    return done(failed.length > 0 ? 'killed' : 'survived', failed)
  } finally {
    for (const [file, text] of before) writeFileSync(join(copy, file), text)
  }
}

/** The files as they would be, and what of the edits does not fit the code. */
export function broken(edits: readonly Edit[], read: (file: string) => string) {
  const texts = new Map<string, string>()
  const misfits: string[] = []
  for (const { file, find, replace } of edits) {
    const text = texts.get(file) ?? read(file)
    const found = text.split(find).length - 1
    if (found !== 1) misfits.push(`${file}: stands there ${found} times: ${find.trim().slice(0, 80)}`)
    texts.set(
      file,
      text.replace(find, () => replace),
    )
  }
  return { texts, misfits }
}

type TestReport = {
  numTotalTests: number
  testResults: {
    name: string
    status: string
    message: string
    assertionResults: { fullName: string; status: string }[]
  }[]
}

async function runTests(copy: string, tests: Mutant['turnsRed'], signal: AbortSignal | undefined) {
  const files = [...new Set(tests.map(({ file }) => file))]
  const names = [...new Set(tests.map(({ test }) => test))]
  const report = join(copy, 'report.json')
  writeFileSync(report, '')
  const args = ['run', '--reporter=json', `--outputFile=${report}`, '--testTimeout=15000', ...files]
  const said = await vitest(copy, [...args, '-t', names.map(escaped).join('|')], signal)
  const text = readFileSync(report, 'utf8')
  if (text === '') throw new Error(`the tests could not be run:\n${said.slice(-2_000)}`)
  const { testResults } = JSON.parse(text) as TestReport
  const all = testResults.flatMap(({ assertionResults }) => assertionResults)
  const ran = all.filter(({ status }) => status === 'passed' || status === 'failed')
  const missing = names.filter((name) => !all.some(({ fullName }) => fullName.includes(name)))
  const broke = testResults.find(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0)
  if (broke !== undefined) throw new Error(`${broke.name} cannot be loaded: ${broke.message}`)
  if (missing.length > 0 || ran.length === 0) throw new Error(`there is no test named: ${missing.join('; ')}`)
  return { failed: ran.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName) }
}

const escaped = (name: string) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

function vitest(copy: string, args: string[], signal: AbortSignal | undefined): Promise<string> {
  const child = spawn(process.execPath, [join(copy, 'node_modules', 'vitest', 'vitest.mjs'), ...args], {
    cwd: copy,
    // Not the settings of a test run that may have started us.
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST'))),
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal !== undefined && { signal }),
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => resolve(said))
  })
}
