import { beginning, type EventType, type Position, tail } from '@souk/events'
import type { House } from './house.ts'

type Divided = Pick<House, 'eventLog' | 'division'>

/** The shards a service announces on: all of them when its rows belong to shops, else home. */
export const shardsOf = ({ division }: Pick<House, 'division'>, source: string): readonly string[] =>
  division.isDivided(source) ? division.shards : division.shards.slice(0, 1)

/** Everything a service has announced until now, shard after shard. `from` is asked for each lane. */
export async function* tailAll(
  house: Divided,
  {
    source,
    events,
    from,
  }: { source: string; events: readonly EventType[]; from: (lane: string, shard: string) => Position },
) {
  for (const shard of shardsOf(house, source))
    yield* tail({
      log: house.eventLog,
      source,
      shard,
      events,
      from: (lane) => from(lane, shard),
      follow: false,
    })
}

/** Transactions of the whole database that are looked back on unless everything is; some minutes of a sale. */
const latestXids = 50_000n

/** What a service has announced lately. */
export async function* lately(house: Divided, source: string, events: readonly EventType[]) {
  const firsts = new Map<string, Position>()
  for (const shard of shardsOf(house, source)) {
    const head = BigInt((await house.eventLog.head(source, shard)).xid)
    firsts.set(shard, head <= latestXids ? beginning : { xid: String(head - latestXids), seq: 0, index: 0 })
  }
  yield* tailAll(house, { source, events, from: (_lane, shard) => firsts.get(shard) ?? beginning })
}
