import { serviceOf } from './define.ts'
import { itemsOf, kindsOf, wantedBy } from './intake.ts'
import type { EventLog } from './log.ts'
import type { Event, EventType, Position } from './types.ts'

export type TailOptions = {
  log: EventLog
  source: string
  shard: string
  /** Those to show; all kinds of the source are the usual choice. Others are left out. */
  events: readonly EventType[]
  /** One place for all lanes, or one for each (as offsets are kept). Default: the end, so only what happens from now on. */
  from?: Position | ((lane: string) => Position)
  /** Ends the iteration. */
  signal?: AbortSignal
  /** False: end where the log ends now. Default true. */
  follow?: boolean
}

/** One event as it passes by. `event` is undefined when it cannot be read; `cause` says why. */
export type Tailed = {
  readonly lane: string
  readonly at: Position
  readonly event: Event | undefined
  readonly cause: string | undefined
}

/** Watch a source's events, without an offset and without effect. Those of a key come in order, of a lane too. */
export async function* tail(options: TailOptions): AsyncGenerator<Tailed, void, undefined> {
  const { log, source, shard, signal, follow = true } = options
  const kinds = kindsOf(options.events.filter((event) => serviceOf(event.topic) === source))
  const wanted = wantedBy([...kinds.values()])
  const watch = log.watch(source)
  const startOf = async (lane: string) =>
    typeof options.from === 'function' ? options.from(lane) : (options.from ?? (await log.head(source, lane)))
  try {
    const at = new Map<string, Position>()
    for (const lane of await log.lanes(source, shard, wanted.topics)) at.set(lane, await startOf(lane))
    for (let full = false; ; full = false) {
      for (const [lane, from] of at) {
        const page = await log.read(source, lane, from, { ...wanted, limitEvents: 500 })
        for (const row of page.rows)
          for (const item of itemsOf(row, kinds, from)) {
            if (signal?.aborted) return
            yield { lane, at: item.origin, event: item.event, cause: item.cause }
          }
        at.set(lane, page.end)
        full ||= page.full
      }
      if (full) continue
      if (!follow) return
      await watch.waitForMore(100, signal)
      if (signal?.aborted) return
    }
  } finally {
    watch.close()
  }
}
