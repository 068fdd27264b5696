import type { Database, Tx } from '@souk/postgres'
import { commonTables } from './common-tables.sql.ts'
import type { MoveDeps, MovePlan } from './move-deps.ts'
import { MoveRefused } from './move-refused.ts'
import {
  describeTable,
  deleteRows,
  dropWaiting,
  insertArrived,
  isBucketIn,
  isMoving,
  isSince,
  keepOnly,
  keysOf,
  limitStatements,
  makePartitions,
  makeWaitingTable,
  both,
  type MovingTable,
  readRows,
  snapshotNow,
  speakAlike,
  sumOf,
  sumWaiting,
  waitingTable,
  writeWaiting,
} from './move-rows.sql.ts'

/** Brings the rows of some buckets from one database to the other, and takes them away. */
export function createRowMover(
  deps: Pick<MoveDeps, 'services' | 'onProgress'>,
  { moveId, buckets }: MovePlan,
  owners: Record<'source' | 'destination', Database>,
) {
  const { services, onProgress = () => {} } = deps
  let tables: MovingTable[] = []

  /** Of a table whose rows are of shops that lie here or elsewhere, not of all at once. */
  const isFollowed = ({ move }: MovingTable) => !('ofAll' in move) && move.replaces !== true

  async function remove(tx: Tx): Promise<void> {
    for (const table of tables.toReversed())
      if (isFollowed(table)) await deleteRows(tx, table, await isMoving(tx, table, buckets))
  }

  /** Bring what waits to what the source has now, which nobody changes any more. */
  async function catchUp(from: Tx, to: Tx, snapshot: string, leftMs: () => number): Promise<Map<MovingTable, number>> {
    const coming = new Map<MovingTable, number>()
    const since = await isSince(from, snapshot)
    for (const table of tables) {
      for (const tx of [from, to]) await limitStatements(tx, leftMs())
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

  return {
    get tables(): readonly MovingTable[] {
      return tables
    },

    /** What the tables look like, by one of the two that can be asked. */
    async describe(where: 'source' | 'destination'): Promise<void> {
      tables = []
      for (const { name: service, tables: own } of services)
        for (const [name, move] of Object.entries({ ...commonTables, ...own.tables })) {
          if (move === 'stays') continue
          const { columns, key, isPartitioned } = await describeTable(owners[where].autocommit, service, name)
          const fresh = 'ofAll' in move ? [] : (move.fresh ?? [])
          const own = columns.filter((column) => !fresh.includes(column))
          tables.push({ service, name, move, key, isPartitioned, columns: own })
        }
    },

    /**
     * At the destination, what a mover left that died, and what consumers wrote there that were sent back in time: of shops
     * it does not have, where nobody has looked for it.
     */
    async clearTheWay(check: () => Promise<void>): Promise<void> {
      await owners.destination.transaction(async (tx) => {
        await check()
        await dropWaiting(tx)
        await remove(tx)
      })
    },

    /** Everything as it is now, to where no service looks. @returns the snapshot it was read from. */
    async copy(): Promise<string> {
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
    },

    /** What waits becomes what is, as the source has it now. Nobody works on either. @returns how many rows came. */
    async arrive(from: Tx, to: Tx, snapshot: string, leftMs: () => number): Promise<number> {
      let rows = 0
      for (const [table, came] of await catchUp(from, to, snapshot, leftMs)) {
        if (table.isPartitioned) await makePartitions(from, to, table)
        await limitStatements(to, leftMs())
        const arrived = await insertArrived(to, moveId, table)
        if (!('ofAll' in table.move) && arrived !== came)
          throw new MoveRefused(`Of ${table.service}.${table.name} ${came} rows came and ${arrived} arrived.`)
        rows += arrived
      }
      for (const { name, tables: own } of services)
        for (const statement of own.arrived?.({ moveId, brought: (table) => waitingTable(moveId, name, table) }) ?? [])
          await to.run(statement)
      leftMs()
      return rows
    },

    /** They belong to the destination now. Nobody may be at work on the source. */
    async removeFromSource(tx: Tx): Promise<void> {
      for (const { tables: own } of services)
        for (const statement of own.leaving?.((column) => isBucketIn(column, buckets)) ?? []) await tx.run(statement)
      await remove(tx)
    },

    /** They never came. Nobody may be at work on the destination. */
    async removeFromDestination(tx: Tx): Promise<void> {
      for (const { tables: own } of services)
        for (const statement of own.notArrived?.({ moveId }) ?? []) await tx.run(statement)
      await remove(tx)
    },

    /** What still waits of this move. If it cannot be now, the next move does it. */
    forgetWaiting: () => owners.destination.transaction((tx) => dropWaiting(tx, moveId)).catch(() => {}),
  }
}

export type RowMover = ReturnType<typeof createRowMover>
