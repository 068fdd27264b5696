import { type Database, type Tx, uuidv7 } from '@souk/postgres'
import type { BucketTables } from './bucket-tables.ts'
import { commonTables } from './common-tables.sql.ts'
import { type DrainDeps, createDrain } from './move-drain.ts'
import { MoveRefused, MoverKilled } from './move-refused.ts'
import {
  closeShards,
  countOpenAt,
  endMove,
  forgetProcesses,
  giveBuckets,
  insertMove,
  markMoving,
  type MovePhase,
  type MoveRow,
  openAgain,
  openMove,
  processesBehind,
  sayHere,
  setPhase,
  takeOver,
} from './move-map.sql.ts'
import {
  both,
  countParked,
  deleteRows,
  describeTable,
  dropWaiting,
  endSessions,
  insertArrived,
  isBucketIn,
  isMoving,
  isSince,
  keepOnly,
  keysOf,
  lockTables,
  makePartitions,
  makeWaitingTable,
  type MovingTable,
  readRows,
  snapshotNow,
  speakAlike,
  sumOf,
  sumWaiting,
  waitingTable,
  writeWaiting,
} from './move-rows.sql.ts'
import { mapLeaseMs } from './shard-map.ts'

/** What moves: the services that are divided, by name. */
export type DividedService = { name: string; tables: BucketTables }

export type MoveDeps = Pick<DrainDeps, 'readers' | 'isDivided' | 'eventLog'> & {
  services: readonly DividedService[]
  /** Home, in the role of the map. */
  map: Database
  /** A shard as the owner of the tables. `applicationName` tells whose connections they are. */
  openOwner(shard: string, applicationName: string): Database
  clock: () => Date
  onProgress?: (message: string) => void
  /** How long orders may be kept waiting; beyond it everything is as before. */
  closedAtMostMs?: number
  /** How long consumers may take to catch up with what is announced, before anything is held up. */
  catchUpMs?: number
  /** Called at each step by its name; what it throws ends the move as if the process had been killed. For tests. */
  at?: (step: MoveStep) => void
}

export const moveSteps = [
  'begun',
  'copied',
  'settling',
  'closed',
  'inserting',
  'inserted',
  'given',
  'deleted',
  'opened',
] as const
export type MoveStep = (typeof moveSteps)[number]

export type Moved = {
  moveId: string
  rows: number
  /** For how long no orders were let in, of which for how long nothing was done at all. */
  settledMs: number
  closedMs: number
}

const usualClosedMs = 5_000
const usualCatchUpMs = 30_000

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
  const moveId = uuidv7(deps.clock().getTime())
  const left = await openMove(map.autocommit)
  if (left?.isLeft) await repairMove(deps)
  else if (left !== undefined) throw new MoveRefused('Another move is under way; see souk shards show.')
  const work = openWork(deps, { moveId, source: from, destination: to, buckets: [...buckets] })
  try {
    await work.checkPlan()
    await map.transaction(async (tx) => {
      await forgetProcesses(tx)
      await insertMove(tx, { moveId, source: from, destination: to, buckets, mover: work.mover })
    })
    return await work.staying(() => work.move())
  } finally {
    await work.close()
  }
}

/**
 * Bring a move whose mover is gone to an end: to the one the map says. @returns how it ended, undefined when there is
 * none, or none that was left.
 */
export async function repairMove(deps: MoveDeps): Promise<'done' | 'undone' | undefined> {
  const row = await openMove(deps.map.autocommit)
  if (row === undefined || !row.isLeft) return undefined
  const work = openWork(deps, row)
  try {
    if ((await takeOver(deps.map.autocommit, row.moveId, work.mover)) === 0) return undefined
    return await work.staying(() => work.repair(row))
  } finally {
    await work.close()
  }
}

type Given = Pick<MoveRow, 'moveId' | 'source' | 'destination' | 'buckets'>

function openWork(deps: MoveDeps, { moveId, source, destination, buckets }: Given) {
  const { map, services, at = () => {}, onProgress = () => {} } = deps
  const mover = uuidv7(deps.clock().getTime())
  const applicationName = `souk move ${moveId.slice(-12)}`
  const owners = {
    source: deps.openOwner(source, `${applicationName} ${mover.slice(-4)}`),
    destination: deps.openOwner(destination, `${applicationName} ${mover.slice(-4)}`),
  }
  const drain = createDrain({
    ...deps,
    source,
    destination,
    owner: owners.source,
    announcing: services.map(({ name }) => name),
  })
  const closedAtMostMs = deps.closedAtMostMs ?? usualClosedMs
  let tables: MovingTable[] = []
  let rows = 0
  let settlingAtMs: number | undefined
  let closedAtMs: number | undefined
  let endedAtMs: number | undefined

  const describe = async () => {
    tables = []
    for (const { name: service, tables: own } of services)
      for (const [name, move] of Object.entries({ ...commonTables, ...own.tables }))
        if (move !== 'stays') tables.push(await tableOf(owners.source.autocommit, service, name, move))
  }

  /** What is written of the move and the map together; refused when somebody else has taken the move over. */
  const write = (phase: MovePhase, change: (tx: Tx) => Promise<string> = async () => '') =>
    map.transaction(async (tx) => {
      if ((await setPhase(tx, moveId, mover, phase)) === 0)
        throw new MoverKilled('Another process has taken this move over.')
      return change(tx)
    })

  async function everybodyKnows(version: string, withinMs: number): Promise<void> {
    const until = performance.now() + withinMs
    while ((await processesBehind(map.autocommit, version, mapLeaseMs)) > 0) {
      if (performance.now() > until)
        throw new MoveRefused(`Not every process came to rest within ${withinMs / 1000} s.`)
      await pause(5)
    }
  }

  const leftMs = () => {
    const left = closedAtMostMs - (settlingAtMs === undefined ? 0 : performance.now() - settlingAtMs)
    if (left <= 0)
      throw new MoveRefused(
        `Orders would have been kept waiting for more than ${closedAtMostMs / 1000} s: move fewer buckets at once, or allow more (--closed-for).`,
      )
    return left
  }

  const close = async (closed: 'settling' | 'nobody') => {
    const version = await write('closing', (tx) =>
      closeShards(tx, [
        { shard: source, closed },
        // Of what others tell, the destination must not have heard more than the source: what it hears of shops that it
        // does not have yet is lost on it.
        { shard: destination, closed: closed === 'settling' ? 'deaf' : closed },
      ]),
    )
    await everybodyKnows(version, leftMs())
  }

  /** Close everything at an instant when no event is left that somebody has still to handle. */
  async function comeToRest(): Promise<void> {
    for (;;) {
      await drain.untilQuiet(leftMs)
      await close('nobody')
      closedAtMs = performance.now()
      if (await drain.isQuiet()) return
      await close('settling')
    }
  }

  async function copy(): Promise<string> {
    for (const table of tables) await owners.destination.transaction((tx) => makeWaitingTable(tx, moveId, table))
    return owners.source.transaction(
      async (tx) => {
        await speakAlike(tx)
        const snapshot = await snapshotNow(tx)
        for (const table of tables) {
          let copied = 0
          for await (const some of readRows(tx, table, await isMoving(tx, table, buckets))) {
            await owners.destination.transaction(async (to) => {
              await speakAlike(to)
              await writeWaiting(to, moveId, table, some)
            })
            copied += some.length
            onProgress(`Copying ${table.service}.${table.name}: ${copied.toLocaleString('en')} rows`)
          }
        }
        return snapshot
      },
      { isolation: 'repeatable read', readOnly: true },
    )
  }

  /** Bring what waits to what the source has now, which nobody changes any more. */
  async function catchUp(from: Tx, to: Tx, snapshot: string): Promise<Map<MovingTable, number>> {
    const coming = new Map<MovingTable, number>()
    const since = await isSince(from, snapshot)
    for (const table of tables) {
      const moving = await isMoving(from, table, buckets)
      for await (const some of readRows(from, table, both(since, moving))) await writeWaiting(to, moveId, table, some)
      const there = await sumOf(from, table, moving)
      let here = await sumWaiting(to, moveId, table)
      if (here.rows !== there.rows) {
        await keepOnly(to, moveId, table, await keysOf(from, table, moving))
        here = await sumWaiting(to, moveId, table)
      }
      if (here.rows !== there.rows || here.sum !== there.sum)
        throw new MoveRefused(
          `${table.service}.${table.name} did not arrive as it was: ${there.rows} rows there, ${here.rows} here.`,
        )
      leftMs()
      if (here.rows > 0) coming.set(table, here.rows)
    }
    return coming
  }

  async function arrive(from: Tx, to: Tx, coming: ReadonlyMap<MovingTable, number>): Promise<void> {
    rows = 0
    for (const [table, came] of coming) {
      if (table.isPartitioned) await makePartitions(from, to, table)
      const arrived = await insertArrived(to, moveId, table)
      if (!('ofAll' in table.move) && arrived !== came)
        throw new MoveRefused(`Of ${table.service}.${table.name} ${came} rows came and ${arrived} arrived.`)
      rows += arrived
      leftMs()
    }
    for (const { name, tables: own } of services)
      for (const statement of own.arrived?.({ moveId, brought: (table) => waitingTable(moveId, name, table) }) ?? [])
        await to.run(statement)
  }

  /** Everything of these buckets goes; nobody may be at work on the database. */
  async function remove(tx: Tx, where: 'source' | 'destination'): Promise<void> {
    for (const { tables: own } of services) {
      const beside =
        where === 'source' ? own.leaving?.((column) => isBucketIn(column, buckets)) : own.notArrived?.({ moveId })
      for (const statement of beside ?? []) await tx.run(statement)
    }
    for (const table of tables.toReversed())
      if (!('ofAll' in table.move) && table.move.replaces !== true)
        await deleteRows(tx, table, await isMoving(tx, table, buckets))
  }

  /** Nobody does anything on either shard meanwhile. */
  async function change(snapshot: string): Promise<void> {
    await owners.source.transaction(async (from) => {
      // Nothing in here may be run again by itself: at the end of it the map has changed.
      try {
        await speakAlike(from)
        await lockTables(from, tables)
        await write('inserting')
        at('inserting')
        await owners.destination.transaction(async (to) => {
          try {
            await speakAlike(to)
            await lockTables(to, tables)
            await arrive(from, to, await catchUp(from, to, snapshot))
            leftMs()
          } catch (error) {
            throw asIs(error)
          }
        })
        at('inserted')
        leftMs()
        await write('moved', (tx) => giveBuckets(tx, buckets, destination))
        at('given')
        await remove(from, 'source')
      } catch (error) {
        throw asIs(error)
      }
    })
    at('deleted')
  }

  async function open(): Promise<void> {
    const version = await map.transaction(async (tx) => {
      if ((await sayHere(tx, moveId, mover)) === 0) throw new MoverKilled('Another process has taken this move over.')
      return openAgain(tx, buckets)
    })
    endedAtMs = performance.now()
    // Who does not know yet only waits a little longer.
    await everybodyKnows(version, mapLeaseMs).catch(() => {})
  }

  const finish = async (phase: 'done' | 'undone', note: string) => {
    await owners.destination.transaction((tx) => dropWaiting(tx, moveId))
    const closedMs = closedAtMs === undefined ? 0 : Math.round((endedAtMs ?? performance.now()) - closedAtMs)
    await endMove(map.autocommit, { moveId, mover, phase, rows, closedMs, note })
  }

  /** Close both shards for whoever repairs: he does not know how far it had come. */
  async function closeBoth(phase: 'inserting' | 'moved'): Promise<void> {
    const version = await write(phase, async (tx) => {
      await markMoving(tx, buckets, destination)
      return closeShards(tx, [
        { shard: source, closed: 'nobody' },
        { shard: destination, closed: 'nobody' },
      ])
    })
    await everybodyKnows(version, usualCatchUpMs)
  }

  async function undo(phase: MovePhase, note: string): Promise<void> {
    if (phase === 'inserting') {
      await closeBoth('inserting')
      await owners.destination.transaction(async (tx) => {
        await lockTables(tx, tables)
        await remove(tx, 'destination')
      })
    }
    await open()
    await finish('undone', note)
  }

  async function forward(note: string): Promise<void> {
    await closeBoth('moved')
    await owners.source.transaction(async (tx) => {
      await lockTables(tx, tables)
      await remove(tx, 'source')
    })
    await open()
    await finish('done', note)
  }

  return {
    mover,
    async close() {
      await Promise.all([owners.source.close(), owners.destination.close()])
    },

    /** @throws MoveRefused */
    async checkPlan(): Promise<void> {
      if (source === destination) throw new MoveRefused(`They lie on ${source} already.`)
      const open = await countOpenAt(map.autocommit, buckets, source)
      if (open !== buckets.length)
        throw new MoveRefused(`${buckets.length - open} of these buckets do not lie on ${source}, or are on their way.`)
      for (const { name } of services) {
        const parked = await countParked(owners.source.autocommit, name)
        if (parked > 0)
          throw new MoveRefused(
            `${parked} events that ${name} could not handle are parked on ${source}: replay or discard them first (souk dead-letters), for they would not be handled where their shops are then.`,
          )
      }
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

    async move(): Promise<Moved> {
      let phase: MovePhase = 'copying'
      try {
        at('begun')
        await describe()
        const snapshot = await copy()
        at('copied')
        onProgress('Waiting for consumers')
        await drain.untilPassed(deps.catchUpMs ?? usualCatchUpMs)
        phase = 'closing'
        onProgress('Changing over')
        settlingAtMs = performance.now()
        await write('closing', (tx) => markMoving(tx, buckets, destination))
        await close('settling')
        at('settling')
        await comeToRest()
        at('closed')
        phase = 'inserting'
        await change(snapshot)
        phase = 'moved'
        await open()
        at('opened')
        await finish('done', '')
      } catch (error) {
        if (error instanceof MoverKilled) throw error
        const row = await openMove(map.autocommit)
        if (row?.moveId !== moveId || row.mover !== mover) throw error
        onProgress(row.phase === 'moved' ? 'Finishing what was begun' : 'Bringing everything back to where it was')
        if (row.phase === 'moved') await forward((error as Error).message)
        else await undo(phase === 'inserting' ? 'inserting' : row.phase, (error as Error).message)
        if (row.phase !== 'moved') throw error
      }
      const ended = endedAtMs ?? performance.now()
      return {
        moveId,
        rows,
        settledMs: Math.round(ended - (settlingAtMs ?? ended)),
        closedMs: Math.round(ended - (closedAtMs ?? ended)),
      }
    },

    async repair(row: MoveRow): Promise<'done' | 'undone'> {
      for (const owner of [owners.source, owners.destination]) await endSessions(owner.autocommit, applicationName)
      await describe()
      const isMoved = row.phase === 'moved'
      if (isMoved) await forward('its mover was gone; finished by another')
      else await undo(row.phase, 'its mover was gone; undone by another')
      return isMoved ? 'done' : 'undone'
    },
  }
}

async function tableOf(tx: Tx, service: string, name: string, move: MovingTable['move']): Promise<MovingTable> {
  const { columns, key, isPartitioned } = await describeTable(tx, service, name)
  const fresh = 'ofAll' in move ? [] : (move.fresh ?? [])
  return { service, name, move, key, isPartitioned, columns: columns.filter((column) => !fresh.includes(column)) }
}

/** A transaction is run again by itself after a deadlock; one in which a map was changed must not be. */
const asIs = (error: unknown): Error =>
  error instanceof MoveRefused || error instanceof MoverKilled
    ? error
    : new MoveRefused(error instanceof Error ? error.message : String(error), { cause: error })

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
