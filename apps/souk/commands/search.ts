import { readRebuild, type SearchRebuild, wantRebuild } from '@souk/search'
import { withBackOffice } from '../back-office.ts'
import { type Console, liveLine } from '../console.ts'
import { findRunning } from '../running.ts'

const lookEveryMs = 500

/**
 * `souk search rebuild`: fill a new index beside the one that is searched, then search the new one. Whoever runs the jobs does
 * it: the marketplace that runs, or this process while it waits.
 */
export async function rebuild(io: Console): Promise<number> {
  const running = await findRunning(io.env)
  return withBackOffice(
    io,
    async (house) => {
      const db = house.running.services.find(({ definition }) => definition.name === 'search')?.db
      if (db === undefined) throw new Error('there is no search in this program')
      await wantRebuild({ db, clock: house.clock })
      const live = liveLine(io, Number.POSITIVE_INFINITY)
      for (;;) {
        await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
        const state: SearchRebuild = await readRebuild(db.autocommit)
        live.show(`${state.filled} products`)
        if (state.askedAt !== null || state.startedAt !== null) continue
        live.end()
        io.print(`The index was made anew from ${state.filled} products.`)
        return 0
      }
    },
    running === undefined,
  )
}
