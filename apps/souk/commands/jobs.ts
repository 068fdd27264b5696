import { isUuid } from '@souk/postgres'
import type { JobRow, JobState, Ordered } from '@souk/service'
import { withBackOffice } from '../back-office.ts'
import { type Console, table, tame } from '../console.ts'
import { Refusal, UsageError } from '../explain.ts'
import { shownJob } from '../operations-jobs.ts'

export type ListOptions = { queue?: string; state?: JobState; limit: number; json?: true }

/** `souk jobs list`: work that was put off, the newest first. */
export function list(io: Console, { queue, state, limit, json }: ListOptions): Promise<void> {
  return withBackOffice(io, async ({ jobs }) => {
    const rows = await jobs.list({
      limit,
      ...(queue !== undefined && { queue }),
      ...(state !== undefined && { state }),
    })
    if (json) return io.print(JSON.stringify(rows.map(shownJob), null, 2))
    if (rows.length === 0) return io.print('No such jobs.')
    io.print(
      table(
        ['id', 'queue', 'key', 'due', 'attempts', 'state', ''],
        rows.map((job) => [
          job.id,
          job.queue,
          tame(job.key ?? ''),
          new Date(job.dueAt).toISOString().slice(0, 19),
          `${job.attempts}/${job.attemptsAllowed}`,
          job.state,
          aboutOf(job),
        ]),
        ['left', 'left', 'left', 'left', 'right'],
      ),
    )
  })
}

/** `souk jobs show ID` */
export function show(io: Console, id: string, { json }: { json?: true }): Promise<void> {
  checkId(id)
  return withBackOffice(io, async ({ jobs }) => say(io, await jobs.show(id), id, json))
}

/** `souk jobs retry ID`: all its attempts again. */
export function retry(io: Console, id: string, { json }: { json?: true }): Promise<number> {
  checkId(id)
  return withBackOffice(io, async ({ jobs }) => order(io, await jobs.retry(id), id, 'tried again', json))
}

/** `souk jobs cancel ID` */
export function cancel(io: Console, id: string, { json }: { json?: true }): Promise<number> {
  checkId(id)
  return withBackOffice(io, async ({ jobs }) => order(io, await jobs.cancel(id), id, 'cancelled', json))
}

function order(io: Console, outcome: Ordered | undefined, id: string, what: string, json: true | undefined): number {
  if (outcome !== undefined && !outcome.done)
    throw new Refusal(`The job is ${outcome.job.state}: it cannot be ${what}.`)
  say(io, outcome?.job, id, json)
  return 0
}

function say(io: Console, job: JobRow | undefined, id: string, json: true | undefined): void {
  if (job === undefined) throw new Refusal(`There is no job ${id}, or not any more.`)
  const shown = shownJob(job)
  if (json) return io.print(JSON.stringify(shown, null, 2))
  const rows = Object.entries(shown)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => `${name.padEnd(16)} ${tame(typeof value === 'string' ? value : JSON.stringify(value))}`)
  io.print(rows.join('\n'))
}

/** Of a failed one the cause, of a running one how far it is. */
function aboutOf({ state, percent, note, result }: JobRow): string {
  if (state === 'running' && percent !== null) return tame(`${percent} %${note === null ? '' : ` ${note}`}`)
  const cause = (result as { cause?: unknown } | null)?.cause
  return typeof cause === 'string' ? tame(cause).slice(0, 100) : ''
}

function checkId(id: string): void {
  if (!isUuid(id)) throw new UsageError(`${tame(id)} is no id of a job; \`souk jobs list\` shows them.`)
}
