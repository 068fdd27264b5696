import type { Sql } from '@souk/postgres'

/**
 * How the rows of a table follow their shop when its bucket moves to another database.
 * - `ofId`: the bucket lies in this id.
 * - `ofShop`: it is that of the shop this column names.
 * - `ofAll`: no bucket has a part of its own; all of it is brought, and `merge` says what becomes of it.
 * - `stays`: it belongs to the database, or every database has the same.
 */
export type TableMove =
  | ({ ofId: string } & Followed)
  | ({ ofShop: string } & Followed)
  | { ofAll: true; merge: (table: Sql, brought: Sql) => Sql }
  | 'stays'

type Followed = {
  /** The row lies on every database and stays; what the source knows of it replaces what the destination does. */
  replaces?: true
  /** Columns that the destination fills anew: numbers of transactions mean nothing on another database. */
  fresh?: readonly string[]
  /**
   * A column of text that is unique among these columns on one database only, since nobody may ask several at once. A row
   * that would meet another one at the destination gets its id behind it.
   */
  unique?: { column: string; among: readonly string[] }
}

export type MoveDetails = {
  moveId: string /** Where rows of a table wait that are to arrive. */
  brought(table: string): Sql
}

/** What a divided service says of moving buckets. Everything but what all services have (`commonTables`) must be named. */
export type BucketTables = {
  /** Those that others refer to come first. */
  readonly tables: Readonly<Record<string, TableMove>>
  /** Beside the rows: at the destination when they arrive, in the same transaction. */
  arrived?(move: MoveDetails): readonly Sql[]
  /** At the destination, when what arrived is taken away again. */
  notArrived?(move: Pick<MoveDetails, 'moveId'>): readonly Sql[]
  /** At the source, before the rows go. `isGoing(column)` is a condition on an id in which the bucket lies. */
  leaving?(isGoing: (column: string) => Sql): readonly Sql[]
}
