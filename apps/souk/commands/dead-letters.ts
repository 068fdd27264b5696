import { discardDeadLetter, type Replayed, type ShownDeadLetter, showDeadLetter } from '@souk/events'
import { isUuid } from '@souk/postgres'
import type { RunningService } from '@souk/service'
import { createApi } from '../api.ts'
import { withBackOffice } from '../back-office.ts'
import { type Console, table, tame } from '../console.ts'
import { type LetterFilter, lettersOf, replayIn } from '../dead-letters.ts'
import { Refusal, UsageError } from '../explain.ts'
import { payloadJson } from '../payload-json.ts'
import { findRunning } from '../running.ts'

export type ListOptions = LetterFilter & { json?: true }
export type ReplayOptions = { all?: true; consumer?: string; json?: true }

export function list(io: Console, options: ListOptions): Promise<void> {
  return withBackOffice(io, async ({ running }) => {
    const letters = await lettersOf(running.services, options)
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
  })
}

export function show(io: Console, id: string, { json }: { json?: true }): Promise<void> {
  checkIds([id])
  return withBackOffice(io, async ({ running }) => {
    for (const { definition, db, parts } of running.services) {
      const letter = await showDeadLetter(db.autocommit, id, parts.consumers ?? [])
      if (letter === undefined) continue
      return io.print(json ? shownAsJson(definition.name, letter) : shownForPeople(definition.name, letter))
    }
    throw new Refusal(`There is no dead letter ${id}.`)
  })
}

export async function replay(io: Console, ids: readonly string[], options: ReplayOptions): Promise<number> {
  checkIds(ids)
  if (options.all === undefined && ids.length === 0)
    throw new UsageError('Name the dead letters to replay, or say --all.')
  const marketplace = await findRunning(io.env)
  const result =
    marketplace?.operator === undefined
      ? await withBackOffice(io, async (house) =>
          replayIn(house.running.services, house.clock, await wanted(house.running.services, ids, options)),
        )
      : await withBackOffice(io, async (house) => {
          const chosen = await wanted(house.running.services, ids, options)
          const api = createApi(marketplace.url)
          await api.signIn(marketplace.operator as { email: string; password: string })
          return replayByMarketplace(api, chosen)
        })
  if (options.json) io.print(JSON.stringify(result, null, 2))
  else io.print(replayedInWords(result))
  return result.failed.length > 0 || (options.all === undefined && result.skipped.length > 0) ? 1 : 0
}

const wanted = async (services: readonly RunningService[], ids: readonly string[], options: ReplayOptions) =>
  options.all === undefined
    ? ids
    : (await lettersOf(services, { ...options, state: 'parked', limit: 10_000 })).map(({ id }) => id)

async function replayByMarketplace(api: ReturnType<typeof createApi>, ids: readonly string[]): Promise<Replayed> {
  const total: Replayed = { replayed: [], failed: [], skipped: [] }
  for (let at = 0; at < ids.length; at += 100) {
    const some = await api.post<Replayed>('/v1/operations/dead-letters/replay', { ids: ids.slice(at, at + 100) })
    for (const part of ['replayed', 'failed', 'skipped'] as const) total[part].push(...(some[part] as never[]))
  }
  return total
}

export function discard(
  io: Console,
  ids: readonly string[],
  options: { reason: string; json?: true },
): Promise<number> {
  checkIds(ids)
  return withBackOffice(io, async ({ running, clock }) => {
    const discarded: string[] = []
    for (const id of ids)
      for (const { db } of running.services)
        if (await db.transaction((tx) => discardDeadLetter(tx, id, options.reason, clock()))) discarded.push(id)
    const skipped = ids.filter((id) => !discarded.includes(id))
    if (options.json) io.print(JSON.stringify({ discarded, skipped }, null, 2))
    else
      io.print(
        [`Discarded ${discarded.length}.`, ...skipped.map((id) => `  ${id} is not parked, or not there.`)].join('\n'),
      )
    return skipped.length > 0 ? 1 : 0
  })
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

function shownAsJson(service: string, { envelope, event, ...letter }: ShownDeadLetter): string {
  const head = JSON.stringify({ service, ...letter, envelopeBase64: envelope.toString('base64') })
  return `${head.slice(0, -1)},"payload":${event === undefined ? 'null' : payloadJson(event.payload)}}`
}

function shownForPeople(service: string, { envelope, event, ...letter }: ShownDeadLetter): string {
  const rows = Object.entries({ service, ...letter })
    .filter(([, value]) => value !== null && value !== '')
    .map(([name, value]) => `${name.padEnd(14)} ${tame(value instanceof Date ? value.toISOString() : String(value))}`)
  const carried =
    event === undefined
      ? `\nIt cannot be read by this release. Its bytes (base64):\n${envelope.toString('base64')}`
      : `\n${JSON.stringify(JSON.parse(payloadJson(event.payload)), null, 2)}`
  return [...rows, carried].join('\n')
}
