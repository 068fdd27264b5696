import { uuidv7, violates } from '@souk/postgres'
import type { MoveDeps, Moved, MovePlan } from './move-deps.ts'
import { createDrain } from './move-drain.ts'
import { openMoveEnds } from './move-ends.ts'
import { countOpenAt, forgetProcesses, giveBuckets, insertMove, openMove, takeOver } from './move-map.sql.ts'
import { createRecord } from './move-record.ts'
import { asRefusal, MoveRefused, MoverKilled } from './move-refused.ts'
import { createRowMover } from './move-rows.ts'
import { limitStatements, lockTables, moverName, speakAlike } from './move-rows.sql.ts'
import { createStandstill } from './move-standstill.ts'

const usualCatchUpMs = 30_000
/** Of one statement that deletes what has gone: nothing can be taken back by then. */
const deletingAtMostMs = 600_000

/**
 * Bring buckets from one shard to another while everything goes on. Their rows are copied first, and consumers waited for.
 * Then no new orders are let in on either shard until what was begun has come to rest; then both are closed for a moment,
 * in which what changed is copied, what arrived is compared, and the map is changed. Who comes meanwhile waits.
 * @throws MoveRefused with everything as before.
 */
export async function moveBuckets(
  deps: MoveDeps,
  { buckets, from, to }: { buckets: readonly number[]; from: string; to: string },
): Promise<Moved> {
  const { map } = deps
  if (from === to) throw new MoveRefused(`They lie on ${from} already.`)
  const left = await openMove(map.autocommit)
  if (left?.isLeft) await repairMove(deps)
  else if (left !== undefined) throw new MoveRefused(anotherMoves)
  const moveId = uuidv7(deps.clock().getTime())
  const work = openWork(deps, { moveId, source: from, destination: to, buckets: [...buckets] })
  try {
    await work.standstill.checkParked()
    await work.standstill.checkKnown()
    await begin(deps, work)
    return await work.record.staying(() => move(deps, work))
  } finally {
    await work.close()
  }
}

/**
 * Bring a move whose mover is gone to an end: to the one the map says. @returns how it ended, undefined when there is
 * none, or none that was left.
 */
export async function repairMove(deps: MoveDeps): Promise<'done' | 'undone' | undefined> {
  const left = await openMove(deps.map.autocommit)
  if (left === undefined || !left.isLeft) return undefined
  const work = openWork(deps, left)
  try {
    const row = await takeOver(deps.map.autocommit, left.moveId, work.mover)
    if (row === undefined) return undefined
    return await work.record.staying(() =>
      row.phase === 'moved'
        ? work.ends.forward('its mover was gone; finished by another')
        : work.ends.undo(row.phase, 'its mover was gone; undone by another'),
    )
  } finally {
    await work.close()
  }
}

function openWork(deps: MoveDeps, plan: MovePlan) {
  const { moveId, source, destination } = plan
  const mover = uuidv7(deps.clock().getTime())
  const owners = {
    source: deps.openOwner(source, moverName(moveId, mover)),
    destination: deps.openOwner(destination, moverName(moveId, mover)),
  }
  const announcing = deps.services.map(({ name }) => name)
  const drain = createDrain({ ...deps, source, destination, owner: owners.source, announcing })
  const record = createRecord(deps, plan, mover)
  const rows = createRowMover(deps, plan, owners)
  const standstill = createStandstill(deps, plan, { record, drain, owners })
  const ends = openMoveEnds(plan, { record, rows, standstill, owners })
  const close = () => Promise.all([owners.source.close(), owners.destination.close()])
  return { plan, mover, owners, drain, record, rows, standstill, ends, close }
}

type Work = ReturnType<typeof openWork>

const anotherMoves = 'Another move is under way; see souk shards show.'

/** From here on nobody else moves anything: what is checked after the move is written down stays true. */
async function begin({ map }: MoveDeps, { plan, mover }: Work): Promise<void> {
  const { source, buckets } = plan
  try {
    await map.transaction(async (tx) => {
      await forgetProcesses(tx)
      await insertMove(tx, { ...plan, mover })
      const open = await countOpenAt(tx, buckets, source)
      if (open !== buckets.length)
        throw new MoveRefused(`${buckets.length - open} of these buckets do not lie on ${source}, or are on their way.`)
    })
  } catch (error) {
    throw violates(error, 'shard_moves_one') ? new MoveRefused(anotherMoves) : error
  }
}

async function move(deps: MoveDeps, work: Work): Promise<Moved> {
  const { at = () => {}, onProgress = () => {} } = deps
  const { plan, record, rows, standstill, drain, ends } = work
  let moved = 0
  let mayHaveInserted = false
  try {
    await at('begun')
    await ends.endOtherMovers()
    await rows.describe('source')
    await rows.clearTheWay(record.check)
    const snapshot = await rows.copy()
    await at('copied')
    onProgress('Waiting for consumers')
    await drain.untilPassed(deps.catchUpMs ?? usualCatchUpMs)
    onProgress('Changing over')
    await standstill.settle()
    await at('settling')
    await standstill.comeToRest()
    // Both may have become otherwise while rows were copied.
    await standstill.checkParked()
    await standstill.checkKnown()
    await at('closed')
    mayHaveInserted = true
    moved = await changeOver(deps, work, snapshot)
    await ends.open()
    await at('opened')
    await ends.finish({ phase: 'done', rows: moved, note: '' })
  } catch (error) {
    if (error instanceof MoverKilled) throw error
    const { message } = error as Error
    const phase = await record.phase()
    if (phase === undefined) throw error
    onProgress(phase === 'moved' ? 'Finishing what was begun' : 'Bringing everything back to where it was')
    if (phase === 'moved') await ends.forward(message, moved)
    else if ((await ends.undo(mayHaveInserted ? 'inserting' : phase, message)) === 'undone') throw error
  }
  return { moveId: plan.moveId, rows: moved, ...standstill.times() }
}

/** Nobody does anything on either shard meanwhile. @returns how many rows moved. */
async function changeOver(deps: MoveDeps, work: Work, snapshot: string): Promise<number> {
  const { at = () => {} } = deps
  const { plan, owners, record, rows, standstill } = work
  const { leftMs, closedAtMostMs } = standstill
  let moved = 0
  await owners.source.transaction(async (from) => {
    // Nothing in here may be run again by itself: at the end of it the map has changed.
    try {
      await speakAlike(from)
      await lockTables(from, rows.tables)
      await record.write(['closing'], 'inserting')
      await at('inserting')
      await owners.destination.transaction(async (to) => {
        try {
          await speakAlike(to)
          await lockTables(to, rows.tables)
          await record.check()
          moved = await rows.arrive(from, to, snapshot, leftMs)
        } catch (error) {
          throw asRefusal(error, closedAtMostMs)
        }
      })
      await at('inserted')
      leftMs()
      await record.write(['inserting'], 'moved', (tx) => giveBuckets(tx, plan.buckets, plan.destination))
      await at('given')
      await limitStatements(from, deletingAtMostMs)
      await rows.removeFromSource(from)
    } catch (error) {
      throw asRefusal(error, closedAtMostMs)
    }
  })
  await at('deleted')
  return moved
}
