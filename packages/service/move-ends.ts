import type { Database } from '@souk/postgres'
import type { MovePlan } from './move-deps.ts'
import { closeShards, markMoving, type MovePhase, openShard } from './move-map.sql.ts'
import type { MoveRecord } from './move-record.ts'
import { MoverKilled } from './move-refused.ts'
import type { RowMover } from './move-rows.ts'
import { endSessionsOfMovers, lockTables } from './move-rows.sql.ts'
import type { Standstill } from './move-standstill.ts'
import { mapLeaseMs } from './shard-map.ts'

/** Who repairs has closed a shard: others' work comes to rest within this, or he tries again later. */
const restAtMostMs = 30_000

/**
 * The two ends a move can have, from wherever it was left. Each can be begun anew any number of times. Whatever holds the
 * buckets goes on at once: the other database may be away, and what is to be deleted on it waits until it is back.
 */
export function openMoveEnds(
  { source, destination, buckets }: MovePlan,
  parts: {
    record: MoveRecord
    rows: RowMover
    standstill: Standstill
    owners: Record<'source' | 'destination', Database>
  },
) {
  const { record, rows, standstill, owners } = parts

  async function open(): Promise<void> {
    const version = await record.openAgain()
    standstill.ended()
    // Who does not know yet only waits a little longer.
    await standstill.everybodyKnows(version, mapLeaseMs).catch(() => {})
  }

  /** Deletes what must not lie there, on a database that is closed. */
  async function clear(where: 'source' | 'destination'): Promise<void> {
    await endSessionsOfMovers(owners[where].autocommit)
    await rows.describe(where)
    await owners[where].transaction(async (tx) => {
      await lockTables(tx, rows.tables)
      await record.check()
      await (where === 'source' ? rows.removeFromSource(tx) : rows.removeFromDestination(tx))
    })
  }

  async function finish(outcome: { phase: 'done' | 'undone'; rows: number; note: string }): Promise<void> {
    await rows.forgetWaiting()
    await record.end({ ...outcome, closedMs: standstill.times().closedMs })
  }

  async function forward(note: string, moved = 0): Promise<'done'> {
    const version = await record.write(['moved'], 'moved', async (tx) => {
      await closeShards(tx, [{ shard: source, closed: 'nobody' }])
      return openShard(tx, destination)
    })
    await standstill.everybodyKnows(version, restAtMostMs)
    await clear('source')
    await open()
    await finish({ phase: 'done', rows: moved, note })
    return 'done'
  }

  return {
    open,
    finish,
    forward,

    /** Older ones: asleep perhaps, and with a transaction open. */
    async endOtherMovers(): Promise<void> {
      for (const owner of [owners.source, owners.destination]) await endSessionsOfMovers(owner.autocommit)
    },

    /** @returns `done` when it turns out that the map has changed after all. */
    async undo(phase: MovePhase, note: string): Promise<'done' | 'undone'> {
      // The dead mover may hold locks there; should it be away, so are they.
      await endSessionsOfMovers(owners.source.autocommit).catch(() => {})
      if (phase === 'inserting') {
        try {
          const version = await record.write(['closing', 'inserting'], 'inserting', async (tx) => {
            await markMoving(tx, buckets, destination)
            await closeShards(tx, [{ shard: destination, closed: 'nobody' }])
            return openShard(tx, source)
          })
          await standstill.everybodyKnows(version, restAtMostMs)
        } catch (error) {
          // The answer to the last thing written was lost, and it was this.
          if (error instanceof MoverKilled && (await record.phase()) === 'moved') return forward(note)
          throw error
        }
        await clear('destination')
      }
      await open()
      await finish({ phase: 'undone', rows: 0, note })
      return 'undone'
    },
  }
}

export type MoveEnds = ReturnType<typeof openMoveEnds>
