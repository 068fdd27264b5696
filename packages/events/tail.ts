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
  /** Default: the end, so only what happens from now on. */
  from?: Position
  /** Ends the iteration. */
  signal?: AbortSignal
  /** False: end where the log ends now. Default true. */
  follow?: boolean
}

/** One event as it passes by. `event` is undefined when it cannot be read; `cause` says why. */
export type Tailed = { readonly at: Position; readonly event: Event | undefined; readonly cause: string | undefined }

/** Watch a source's events, without an offset and without effect. */
export async function* tail(options: TailOptions): AsyncGenerator<Tailed, void, undefined> {
  const { log, source, shard, signal, follow = true } = options
  const kinds = kindsOf(options.events.filter((event) => serviceOf(event.topic) === source))
  const wanted = wantedBy([...kinds.values()])
  const watch = log.watch(source)
  try {
    let at = options.from ?? (await log.head(source, shard))
    while (true) {
      const page = await log.read(source, shard, at, { ...wanted, limitEvents: 500 })
      for (const row of page.rows)
        for (const item of itemsOf(row, kinds, at)) {
          if (signal?.aborted) return
          yield { at: item.origin, event: item.event, cause: item.cause }
        }
      at = page.end
      if (page.full) continue
      if (!follow) return
      await watch.waitForMore(100, signal)
      if (signal?.aborted) return
    }
  } finally {
    watch.close()
  }
}
