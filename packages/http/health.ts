import type { Logger } from '@souk/telemetry'

/** Resolves when all is well, rejects with the reason when not. Given 2 s. */
export type HealthCheck = () => Promise<unknown>
export type HealthChecks = Readonly<Record<string, HealthCheck>>

export type Readiness = { status: 'ready' | 'not-ready'; checks: Record<string, { status: 'up' | 'down'; ms: number }> }

const timeoutMs = 2_000
/** Probes are not rate limited, so that their answer must not cost a query each. */
const reusedMs = 500

/** Runs the checks side by side; reasons of failures go to the log, never to the caller, who may be anybody. */
export function createReadiness(checks: HealthChecks, log: Logger): () => Promise<Readiness> {
  let last: { atMs: number; answer: Promise<Readiness> } | undefined

  async function run(name: string, check: HealthCheck) {
    const startedAtMs = performance.now()
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
    })
    try {
      await Promise.race([check(), timeout])
      return { name, status: 'up' as const, ms: Math.round(performance.now() - startedAtMs) }
    } catch (error) {
      log.warn({ check: name, error }, 'a health check failed')
      return { name, status: 'down' as const, ms: Math.round(performance.now() - startedAtMs) }
    } finally {
      clearTimeout(timer)
    }
  }

  async function runAll(): Promise<Readiness> {
    const results = await Promise.all(Object.entries(checks).map(([name, check]) => run(name, check)))
    return {
      status: results.every(({ status }) => status === 'up') ? 'ready' : 'not-ready',
      checks: Object.fromEntries(results.map(({ name, status, ms }) => [name, { status, ms }])),
    }
  }

  return () => {
    const nowMs = performance.now()
    if (last === undefined || nowMs - last.atMs > reusedMs) last = { atMs: nowMs, answer: runAll() }
    return last.answer
  }
}
