import type { CheckResult } from '../checks.ts'
import { checkOf } from '../faults/judge.ts'
import type { LoadResult } from '../load/index.ts'

/**
 * What says neither yes, no nor "come again": the line broke, nobody answered, or something went wrong inside. A database
 * that goes while a commit is on its way leaves "not known" (503, `Retry-After`), and the same key finds out: that is said.
 */
const failure = /^(reset|timeout|not-http|gave-up|internal|service-silent|http-5\d\d)$/

/**
 * A part that goes in order finishes what it has begun. Who comes while it is away is told so (503), or finds it closed.
 * Failures are named with the step during which they were noticed.
 */
export function nobodyFailed(
  { sent, timeline, startedAt }: LoadResult,
  steps: readonly { what: string; at: number }[],
): CheckResult {
  const found = new Map<string, number>()
  for (const [tick, { elapsedMs, errorsByCause }] of timeline.entries()) {
    const before = timeline[tick - 1]?.errorsByCause ?? {}
    for (const [cause, count] of Object.entries(errorsByCause)) {
      const more = count - (before[cause] ?? 0)
      if (more <= 0 || !failure.test(cause)) continue
      const step = steps.findLast(({ at }) => at < startedAt.getTime() + elapsedMs)?.what ?? 'nothing'
      const what = `${cause} while ${step} was away`
      found.set(what, (found.get(what) ?? 0) + more)
    }
  }
  return checkOf(
    'announced',
    'Nobody had to ask again without being told to',
    sent,
    [...found].map(([what, count]) => `${count} ended with ${what}`),
  )
}
