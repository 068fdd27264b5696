import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type FlashSaleResult, verdictOf } from '@souk/bench'
import { claimTemporary } from '@souk/embedded-postgres'
import { ownFolders } from './own-marketplace.ts'

export type RehearsalPlan = {
  /** In a copy of this marketplace, or in an empty one. */
  data: 'copy' | 'empty'
  units: number
  buyers: number
  rate: number
}

export type Rehearsal = {
  id: string
  state: 'running' | 'done' | 'stopped' | 'failed'
  plan: RehearsalPlan
  startedAt: string
  endedAt: string | null
  /** What it said last, oldest first. */
  lines: string[]
  result: FlashSaleResult | null
  verdict: { good: boolean; headline: string; details: string[] } | null
}

export type Rehearsals = {
  /** Undefined when one is under way. */
  begin(id: string, plan: RehearsalPlan): Rehearsal | undefined
  latest(): Rehearsal | undefined
  /** Ends the one under way early; its report comes all the same. */
  end(): Rehearsal | undefined
  /** With the marketplace: whatever is under way ends now. */
  close(): Promise<void>
}

const program = fileURLToPath(new URL('./main.ts', import.meta.url))
const keptLines = 40
// What a live line draws over itself with: terminals only.
// oxlint-disable-next-line no-control-regex
const escapes = /\u001b\[[0-9;?]*[a-zA-Z]/g

// What the process of a rehearsal has to know to find this marketplace, and nothing about anybody else.
const passedOn = /^(SOUK_DATA|SOUK_SECRET|SOUK_REHEARSAL_COPY_MB)$/

/**
 * A crowd at a sale, in a marketplace of its own in a temporary folder that is gone afterwards: a copy of this one, or
 * empty. Nothing of this one is touched, but they share the machine. One at a time; what is known of the last one is kept
 * until the next.
 */
export function createRehearsals(clock: () => Date): Rehearsals {
  let last: Rehearsal | undefined
  let child: ChildProcess | undefined
  let ended: Promise<void> = Promise.resolve()

  async function run(rehearsal: Rehearsal): Promise<void> {
    const folder = await mkdtemp(ownFolders)
    const giveBack = claimTemporary(folder)
    const report = join(folder, 'report.json')
    try {
      const { data, units, buyers, rate } = rehearsal.plan
      const figures = ['--units', units, '--buyers', buyers, '--rate', rate].map(String)
      const where = data === 'copy' ? '--copy' : '--own'
      const args = ['flash-sale', where, ...figures, '--json', report, '--html', join(folder, 'report.html')]
      // Nothing else of this marketplace's settings: it must never be what is rehearsed on.
      const env = Object.fromEntries(
        Object.entries(process.env).filter(([name]) => passedOn.test(name) || !/^(SOUK_|DATABASE_URL$)/.test(name)),
      )
      const started = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
      child = started
      // Ended while its folder was made.
      if (rehearsal.state === 'stopped') started.kill('SIGINT')
      for (const stream of [started.stdout, started.stderr])
        createInterface({ input: stream }).on('line', (text) => {
          const line = text.replace(escapes, '').trimEnd()
          if (line !== '') rehearsal.lines = [...rehearsal.lines, line.slice(0, 300)].slice(-keptLines)
        })
      const code = await new Promise<number | null>((resolve) => {
        started.on('error', () => resolve(null))
        started.on('close', resolve)
      })
      const text = await readFile(report, 'utf8').catch(() => undefined)
      if (text !== undefined) {
        rehearsal.result = JSON.parse(text) as FlashSaleResult
        rehearsal.verdict = verdictOf(rehearsal.result)
      }
      if (rehearsal.state === 'running') rehearsal.state = text !== undefined && code !== null ? 'done' : 'failed'
    } finally {
      child = undefined
      rehearsal.endedAt = clock().toISOString()
      if (rehearsal.state === 'running') rehearsal.state = 'failed'
      giveBack()
      await rm(folder, { recursive: true, force: true })
    }
  }

  return {
    begin(id, plan) {
      if (last?.state === 'running' || child !== undefined) return undefined
      const startedAt = clock().toISOString()
      last = { id, state: 'running', plan, startedAt, endedAt: null, lines: [], result: null, verdict: null }
      ended = run(last).catch(() => {})
      return last
    },
    latest: () => last,
    end() {
      if (last?.state !== 'running') return undefined
      last.state = 'stopped'
      child?.kill('SIGINT')
      return last
    },
    async close() {
      // The first signal asks for the report, the second ends at once; its own marketplace sees that its parent is gone.
      child?.kill('SIGINT')
      child?.kill('SIGINT')
      await ended
    },
  }
}
