import type { Replayed, ShownDeadLetter } from '@souk/events'
import { isUuid } from '@souk/postgres'
import { createApi } from '../api.ts'
import { withBackOffice } from '../back-office.ts'
import { bar, type Console, liveLine, table, tame } from '../console.ts'
import { countLetters, discardIn, type LetterFilter, lettersOf, replayIn, showLetter } from '../dead-letters.ts'
import { Refusal, UsageError } from '../explain.ts'
import type { House } from '../house.ts'
import { payloadJson } from '../payload-json.ts'
import { findRunning } from '../running.ts'

/** Which ones; times as they were typed. */
type Chosen = { consumer?: string; type?: string; since?: string; until?: string }
export type ListOptions = Chosen & { state: LetterFilter['state']; limit: number; json?: true }
export type ReplayOptions = Chosen & { all?: true; json?: true }

const atOnce = 100

export function list(io: Console, options: ListOptions): Promise<void> {
  const filter = filterOf(options, options.state)
  return withBackOffice(io, async ({ running }) => {
    const letters = await lettersOf(running.services, filter, options.limit)
    if (options.json) return io.print(JSON.stringify(letters, null, 2))
    if (letters.length === 0) return io.print(`No ${options.state === 'all' ? '' : `${options.state} `}dead letters.`)
    const rows = letters.map((letter) => [
      letter.id,
      letter.consumer,
      tame(letter.type),
      letter.parkedAt.toISOString().slice(0, 19),
      letter.state,
      tame(letter.cause).slice(0, 100),
    ])
    io.print(table(['id', 'consumer', 'event', 'parked at', 'state', 'cause'], rows))
    const total = await countLetters(running.services, filter)
    if (total > letters.length) io.say(`These are the oldest ${letters.length} of ${total}; --limit shows more.`)
  })
}

export function show(io: Console, id: string, { json }: { json?: true }): Promise<void> {
  checkIds([id])
  return withBackOffice(io, async ({ running }) => {
    const letter = await showLetter(running.services, id)
    if (letter === undefined) throw new Refusal(`There is no dead letter ${id}.`)
    io.print(json ? shownAsJson(letter) : shownForPeople(letter))
  })
}

export async function replay(io: Console, ids: readonly string[], options: ReplayOptions): Promise<number> {
  checkIds(ids)
  const chosen =
    options.all !== undefined || [options.consumer, options.type, options.since, options.until].some(Boolean)
  if (!chosen && ids.length === 0)
    throw new UsageError(
      'Name the dead letters to replay, choose by --consumer, --type, --since, --until, or say --all.',
    )
  if (chosen && ids.length > 0) throw new UsageError('Either name dead letters or choose them, not both.')
  const filter = filterOf(options, 'parked')
  const marketplace = await findRunning(io.env)
  return withBackOffice(io, async (house) => {
    const { services } = house.running
    const hand =
      marketplace?.operator === undefined
        ? (some: readonly string[]) => replayIn(services, house.clock, some)
        : await askingThe(marketplace.url, marketplace.operator)
    const total = chosen ? await countLetters(services, filter) : ids.length
    const result: Replayed = { replayed: [], failed: [], skipped: [] }
    const line = liveLine(io)
    for await (const some of portions(house, ids, chosen ? filter : undefined)) {
      const part = await hand(some)
      result.replayed.push(...part.replayed)
      result.failed.push(...part.failed)
      result.skipped.push(...part.skipped)
      const done = result.replayed.length + result.failed.length + result.skipped.length
      if (total > atOnce) line.show(`${bar(done / total)} ${done} of ${total}, ${result.failed.length} failed again`)
    }
    line.end()
    io.print(options.json ? JSON.stringify(result, null, 2) : replayedInWords(result))
    return result.failed.length > 0 || (!chosen && result.skipped.length > 0) ? 1 : 0
  })
}

/** A hundred at a time, oldest first; each is looked at once, also when it fails again and stays. */
async function* portions({ running }: House, ids: readonly string[], filter: LetterFilter | undefined) {
  if (filter === undefined) {
    for (let at = 0; at < ids.length; at += atOnce) yield ids.slice(at, at + atOnce)
    return
  }
  for (let afterId: string | undefined; ; ) {
    const some = await lettersOf(running.services, { ...filter, ...(afterId !== undefined && { afterId }) }, atOnce)
    afterId = some.at(-1)?.id
    if (afterId === undefined) return
    yield some.map(({ id }) => id)
  }
}

/** The marketplace that runs does it, so that what it remembers changes with it. */
async function askingThe(url: string, operator: { email: string; password: string }) {
  const api = createApi(url)
  await api.signIn(operator)
  return (ids: readonly string[]) => api.post<Replayed>('/v1/operations/dead-letters/replay', { ids })
}

export function discard(
  io: Console,
  ids: readonly string[],
  options: { reason: string; json?: true },
): Promise<number> {
  checkIds(ids)
  return withBackOffice(io, async ({ running, clock }) => {
    const { discarded, skipped } = await discardIn(running.services, clock, ids, options.reason)
    if (options.json) io.print(JSON.stringify({ discarded, skipped }, null, 2))
    else
      io.print(
        [`Discarded ${discarded.length}.`, ...skipped.map((id) => `  ${id} is not parked, or not there.`)].join('\n'),
      )
    return skipped.length > 0 ? 1 : 0
  })
}

function filterOf({ consumer, type, since, until }: Chosen, state: LetterFilter['state']): LetterFilter {
  return {
    state,
    ...(consumer !== undefined && { consumer }),
    ...(type !== undefined && { type }),
    ...(since !== undefined && { since: timeOf('--since', since) }),
    ...(until !== undefined && { until: timeOf('--until', until) }),
  }
}

function timeOf(option: string, text: string): Date {
  const at = new Date(text)
  if (Number.isNaN(at.getTime()))
    throw new UsageError(`${option} is a time such as 2026-11-27T08:00:00Z, not ${JSON.stringify(text)}.`)
  return at
}

function checkIds(ids: readonly string[]): void {
  const wrong = ids.find((id) => !isUuid(id))
  if (wrong !== undefined)
    throw new UsageError(`${tame(wrong)} is no id of a dead letter; \`souk dead-letters list\` shows them.`)
}

const replayedInWords = ({ replayed, failed, skipped }: Replayed): string =>
  [
    `Handled ${replayed.length}.`,
    ...failed.map(({ id, cause }) => `  ${id} failed again: ${tame(cause)}`),
    ...skipped.map((id) => `  ${id} is not parked, not there, or of a consumer that does not run here.`),
  ].join('\n')

type Shown = ShownDeadLetter & { service: string }

function shownAsJson({ service, envelope, event, ...letter }: Shown): string {
  const head = JSON.stringify({ service, ...letter, envelopeBase64: envelope.toString('base64') })
  return `${head.slice(0, -1)},"payload":${event === undefined ? 'null' : payloadJson(event.payload)}}`
}

function shownForPeople({ service, envelope, event, ...letter }: Shown): string {
  const rows = Object.entries({ service, ...letter })
    .filter(([, value]) => value !== null && value !== '')
    .map(([name, value]) => `${name.padEnd(14)} ${tame(value instanceof Date ? value.toISOString() : String(value))}`)
  const carried =
    event === undefined
      ? `\nIt cannot be read by this release. Its bytes (base64):\n${envelope.toString('base64')}`
      : `\n${JSON.stringify(JSON.parse(payloadJson(event.payload)), null, 2)}`
  return [...rows, carried].join('\n')
}
