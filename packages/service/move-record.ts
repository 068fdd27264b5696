import type { Tx } from '@souk/postgres'
import type { MoveDeps, MovePlan } from './move-deps.ts'
import { endMove, type MovePhase, openAgain, openMove, sayHere, setPhase } from './move-map.sql.ts'
import { MoverKilled } from './move-refused.ts'

/** What is written of a move, together with the map, and only by whoever has it. */
export function createRecord({ map }: Pick<MoveDeps, 'map'>, { moveId, buckets }: MovePlan, mover: string) {
  const takenOver = () => new MoverKilled('Another process has taken this move over.')
  return {
    /** @throws MoverKilled when somebody else has it, or it has gone elsewhere than one of `from`. */
    write: (from: readonly MovePhase[], to: MovePhase, change: (tx: Tx) => Promise<string> = async () => '') =>
      map.transaction(async (tx) => {
        if ((await setPhase(tx, moveId, mover, from, to)) === 0) throw takenOver()
        return change(tx)
      }),

    /** Everything is as usual again. @returns the version of the map that says so. */
    openAgain: () =>
      map.transaction(async (tx) => {
        if ((await sayHere(tx, moveId, mover)) === 0) throw takenOver()
        return openAgain(tx, buckets)
      }),

    end: (outcome: { phase: 'done' | 'undone'; rows: number; closedMs: number; note: string }) =>
      endMove(map.autocommit, { moveId, mover, ...outcome }),

    /** Where it stands; undefined when somebody else has it, or it is over. */
    async phase(): Promise<MovePhase | undefined> {
      const row = await openMove(map.autocommit)
      return row?.moveId === moveId && row.mover === mover ? row.phase : undefined
    },

    /**
     * For whoever has begun a transaction in which rows go or come, before they do: asleep until now, he may have been
     * succeeded. Whoever takes over after this ends his session.
     */
    async check(): Promise<void> {
      const row = await openMove(map.autocommit)
      if (row?.moveId !== moveId || row.mover !== mover) throw takenOver()
    },

    /** Says that somebody is at it, as long as it takes. */
    async staying<T>(body: () => Promise<T>): Promise<T> {
      const timer = setInterval(() => void sayHere(map.autocommit, moveId, mover).catch(() => {}), 500)
      try {
        return await body()
      } finally {
        clearInterval(timer)
      }
    },
  }
}

export type MoveRecord = ReturnType<typeof createRecord>
