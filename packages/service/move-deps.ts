import type { Database } from '@souk/postgres'
import type { BucketTables } from './bucket-tables.ts'
import type { DrainDeps } from './move-drain.ts'
import type { MoveRow } from './move-map.sql.ts'

/** What moves: the services that are divided, by name. */
export type DividedService = { name: string; tables: BucketTables }

export type MoveDeps = Pick<DrainDeps, 'readers' | 'isDivided' | 'eventLog' | 'outboxes'> & {
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
  at?: (step: MoveStep) => void | Promise<void>
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

/** What is moved, and where. */
export type MovePlan = Pick<MoveRow, 'moveId' | 'source' | 'destination' | 'buckets'>

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
