import { type Database, isServerError } from '@souk/postgres'
import { type MoveDeps, type MovePlan, pause } from './move-deps.ts'
import type { Drain } from './move-drain.ts'
import {
  closeShards,
  forgetSilent,
  markMoving,
  processesBehind,
  processesWithout,
  silentProcesses,
} from './move-map.sql.ts'
import type { MoveRecord } from './move-record.ts'
import { MoveRefused, tookTooLong } from './move-refused.ts'
import { countParked, endSessionsOf } from './move-rows.sql.ts'
import { believedMs } from './shard-alone.ts'
import { mapLeaseMs } from './shard-map.ts'

const usualClosedMs = 5_000
const lacksPrivilege = '42501'

/** Brings both shards of a move to rest, and measures for how long. */
export function createStandstill(
  deps: MoveDeps,
  plan: MovePlan,
  parts: { record: MoveRecord; drain: Drain; owners: Record<'source' | 'destination', Database> },
) {
  const { map, services } = deps
  const { source, destination, buckets } = plan
  const { record, drain, owners } = parts
  const closedAtMostMs = deps.closedAtMostMs ?? usualClosedMs
  let settlingAtMs: number | undefined
  let closedAtMs: number | undefined
  let endedAtMs: number | undefined

  async function everybodyKnows(version: string, withinMs: number): Promise<void> {
    const until = performance.now() + withinMs
    while ((await processesBehind(map.autocommit, version, mapLeaseMs)) > 0) {
      if (performance.now() > until)
        throw new MoveRefused(`Not every process came to rest within ${withinMs / 1000} s.`)
      await pause(5)
    }
  }

  /** Of the time orders may wait. @throws MoveRefused when there is none. */
  const leftMs = () => {
    const left = closedAtMostMs - (settlingAtMs === undefined ? 0 : performance.now() - settlingAtMs)
    if (left <= 0) throw tookTooLong(closedAtMostMs)
    return left
  }

  async function close(closed: 'settling' | 'nobody'): Promise<string> {
    const version = await record.write(['closing'], 'closing', (tx) =>
      closeShards(tx, [
        { shard: source, closed },
        // Of what others tell, the destination must not have heard more than the source: what it hears of shops that it
        // does not have yet is lost on it.
        { shard: destination, closed: closed === 'settling' ? 'deaf' : closed },
      ]),
    )
    await everybodyKnows(version, leftMs())
    return version
  }

  /**
   * A process that was not heard of may be asleep in the middle of its work, and go on when it wakes: its connections go,
   * with whatever is open on them. For each new one it is asked again whether it may work (see shard-gate).
   */
  async function throwOutSilent(version: string): Promise<void> {
    const silent = await silentProcesses(map.autocommit, version, { leaseMs: mapLeaseMs, believedMs })
    if (silent.length === 0) return
    const names = services.map(({ name }) => name)
    for (const owner of [owners.source, owners.destination])
      await endSessionsOf(owner.autocommit, names).catch((error: unknown) => {
        if (!isServerError(error) || error.code !== lacksPrivilege) throw error
        throw new MoveRefused(
          'A process has not been heard of for some seconds, and its connections cannot be ended: grant pg_signal_backend to the owner of the databases.',
          { cause: error },
        )
      })
    await forgetSilent(map.autocommit, silent, mapLeaseMs)
  }

  return {
    closedAtMostMs,
    everybodyKnows,
    leftMs,

    /** @throws MoveRefused for events that would not be handled where their shops are then. */
    async checkParked(): Promise<void> {
      for (const { name } of services) {
        const parked = await countParked(owners.source.autocommit, name)
        if (parked > 0)
          throw new MoveRefused(
            `${parked} events that ${name} could not handle are parked on ${source}: replay or discard them first (souk dead-letters), for they would not be handled where their shops are then.`,
          )
      }
    },

    /** @throws MoveRefused while a process runs that would not find these shops at the destination. */
    async checkKnown(): Promise<void> {
      const unaware = await processesWithout(map.autocommit, destination, believedMs)
      if (unaware.length > 0)
        throw new MoveRefused(
          `${unaware.length} processes that run do not know ${destination}, and could not find these shops there: ${unaware.join(', ')}. Name it in SOUK_SHARDS for them and start them anew.`,
        )
    },

    /** No new orders from here on. */
    async settle(): Promise<void> {
      settlingAtMs = performance.now()
      await record.write(['copying'], 'closing', (tx) => markMoving(tx, buckets, destination))
      await close('settling')
    },

    /** Close everything at an instant when no event is left that somebody has still to handle. */
    async comeToRest(): Promise<void> {
      for (;;) {
        await drain.untilQuiet(leftMs)
        const version = await close('nobody')
        closedAtMs = performance.now()
        await throwOutSilent(version)
        if (await drain.isQuiet()) return
        await close('settling')
      }
    },

    ended(): void {
      endedAtMs ??= performance.now()
    },
    times() {
      const ended = endedAtMs ?? performance.now()
      return {
        settledMs: Math.round(ended - (settlingAtMs ?? ended)),
        closedMs: Math.round(ended - (closedAtMs ?? ended)),
      }
    },
  }
}

export type Standstill = ReturnType<typeof createStandstill>
