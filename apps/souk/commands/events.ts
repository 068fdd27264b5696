import { allEvents } from '@souk/contracts'
import { beginning, type EventType, serviceOf, tail, type Tailed } from '@souk/events'
import { withBackOffice } from '../back-office.ts'
import { type Console, table, tame } from '../console.ts'
import { shardsOf } from '../tail-all.ts'
import { UsageError } from '../explain.ts'
import { payloadJson } from '../payload-json.ts'

export type TailOptions = {
  service?: string
  type?: string
  /** "beginning", "now", or a time. */
  from: string
  limit?: number
  follow: boolean
  json?: true
}

/** `souk events list`: the kinds of events there are. */
export async function listEvents(io: Console, { json }: { json?: true }): Promise<void> {
  const rows = allEvents.map(({ type, topic, schemaVersion }) => ({ type, topic, schemaVersion }))
  if (json) io.print(JSON.stringify(rows, null, 2))
  else
    io.print(
      table(
        ['type', 'topic', 'version'],
        rows.map((row) => [row.type, row.topic, String(row.schemaVersion)]),
      ),
    )
}

/** `souk events tail`: what services announce, as it happens, without an offset and without effect. */
export function tailEvents(io: Console, options: TailOptions): Promise<number> {
  const kinds = kindsFor(options)
  const since = sinceOf(options.from)
  const sources = [...new Set(kinds.map(({ topic }) => serviceOf(topic)))]
  return withBackOffice(io, async (house) => {
    const { eventLog } = house
    const stop = new AbortController()
    process.once('SIGINT', () => stop.abort()).once('SIGTERM', () => stop.abort())
    let left = options.limit ?? Number.POSITIVE_INFINITY
    await Promise.all(
      sources
        .flatMap((source) => shardsOf(house, source).map((shard) => ({ source, shard })))
        .map(async ({ source, shard }) => {
          const passing = tail({
            log: eventLog,
            source,
            shard,
            events: kinds,
            signal: stop.signal,
            follow: options.follow,
            ...(since !== undefined && { from: beginning }),
          })
          for await (const tailed of passing) {
            if (tailed.event !== undefined && tailed.event.occurredAtMs < (since ?? 0)) continue
            io.print(options.json ? jsonLine(source, tailed) : plainLine(source, tailed))
            left -= 1
            if (left > 0) continue
            stop.abort()
            return
          }
        }),
    )
    return 0
  })
}

/** @throws UsageError naming what there is. */
export function kindsFor({ service, type }: Pick<TailOptions, 'service' | 'type'>): EventType[] {
  const services = [...new Set(allEvents.map(({ topic }) => serviceOf(topic)))]
  if (service !== undefined && !services.includes(service))
    throw new UsageError(`No service ${service} announces anything; these do: ${services.join(', ')}.`)
  const kinds = allEvents.filter(
    (event) =>
      (service === undefined || serviceOf(event.topic) === service) &&
      (type === undefined || event.type === type || event.type.split('.')[1] === type),
  )
  if (kinds.length === 0)
    throw new UsageError(
      `There is no event ${type}${service === undefined ? '' : ` of ${service}`}; see \`souk events list\`.`,
    )
  return kinds
}

/** The earliest time to show, Unix milliseconds; undefined for only what comes. @throws UsageError */
export function sinceOf(from: string): number | undefined {
  if (from === 'now') return undefined
  if (from === 'beginning') return 0
  const at = Date.parse(from)
  if (Number.isNaN(at))
    throw new UsageError(
      `--from is beginning, now or a time such as 2026-11-27T08:00:00Z, not ${JSON.stringify(from)}.`,
    )
  return at
}

const jsonLine = (source: string, { at, event, cause }: Tailed) =>
  event === undefined
    ? JSON.stringify({ source, at, unreadable: cause })
    : `{"source":${JSON.stringify(source)},"at":${JSON.stringify(at)},"id":"${event.id}","type":"${event.type}","schemaVersion":${event.schemaVersion},"key":${JSON.stringify(event.key)},"occurredAt":"${new Date(event.occurredAtMs).toISOString()}","correlationId":${JSON.stringify(event.correlationId)},"payload":${payloadJson(event.payload)}}`

function plainLine(source: string, { at, event, cause }: Tailed): string {
  if (event === undefined) return tame(`unreadable event of ${source} at ${at.xid}/${at.seq}/${at.index}: ${cause}`)
  const time = new Date(event.occurredAtMs).toISOString().slice(0, 23).replace('T', ' ')
  return tame(`${time}  ${event.type.padEnd(28)}  ${event.key}  ${payloadJson(event.payload)}`)
}
