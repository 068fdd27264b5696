import { fileURLToPath } from 'node:url'
import { createPostgresLog } from '@souk/events'
import {
  bucketOf,
  createShards,
  type Database,
  DatabaseUnavailable,
  logRole,
  openDatabase,
  type Sql,
  type Tx,
  uuidv7,
} from '@souk/postgres'
import { memoryLog, type Migratable, type TestDatabase, testDatabase } from '@souk/testing'
import type { BucketTables } from './bucket-tables.ts'
import { commonMigrations } from './index.ts'
import { moveBuckets, repairMove } from './move-buckets.ts'
import type { MoveDeps } from './move-deps.ts'
import { announceAlone } from './shard-alone.ts'
import { ensureShardMap, followShardMap, type ShardMap, shardsSchema } from './shard-map.ts'
import { readMap } from './shard-map.sql.ts'

const folder = new URL(`file://${fileURLToPath(new URL('./fixtures/books/', import.meta.url))}`)
const books = { service: 'books', sets: [{ name: 'books', folder }] }
/** At home as a whole: it hears of books on all databases. */
const ledger = { service: 'ledger', sets: [commonMigrations] }
const tables: BucketTables = {
  tables: {
    owners: { ofShop: 'owner_id' },
    books: { ofId: 'book_id' },
    notes: { ofId: 'book_id' },
    heard: { ofId: 'book_id', fresh: ['place'] },
  },
}

export type ShardName = 'home' | 'east'

/** Two databases, a service whose rows lie on both, and somebody who moves them. No consumers: nothing is announced. */
export async function openMoveStage(more: readonly Migratable[] = []) {
  const databases: Record<ShardName, TestDatabase> = {
    home: await testDatabase([shardsSchema, books, ledger, ...more]),
    east: await testDatabase([books, ...more]),
  }
  const shards = Object.keys(databases)
  const map = databases.home.open(shardsSchema.service)
  await ensureShardMap(map, shards, false)
  const outboxes = createPostgresLog(
    Object.entries(databases).map(([name, database]) => ({ name, db: database.open(logRole) })),
  )
  const followed: ShardMap[] = []
  const away = new Set<string>()
  const opened: Database[] = []

  /** As the owner of the tables; while it is away nobody gets in. */
  function openOwner(shard: string, applicationName: string): Database {
    const db = openDatabase({
      url: databases[shard as ShardName].adminUrl,
      schema: 'public',
      maxConnections: 2,
      applicationName,
      onError: () => {},
    })
    opened.push(db)
    const isThere = () => {
      if (away.has(shard)) throw new DatabaseUnavailable(new Error('away'))
    }
    return {
      ...db,
      async transaction(body, options) {
        isThere()
        return db.transaction(body, options)
      },
      get autocommit() {
        isThere()
        return db.autocommit
      },
    }
  }

  const deps: MoveDeps = {
    services: [{ name: 'books', tables }],
    readers: [],
    isDivided: () => true,
    eventLog: outboxes,
    outboxes,
    map,
    openOwner,
    clock: () => new Date(),
    // Others use the machine too.
    closedAtMostMs: 20_000,
  }

  const owner = uuidv7(Date.now())
  const bucket = bucketOf(owner)
  const newId = () => uuidv7(Date.now(), bucket)

  return {
    databases,
    map,
    deps,
    outboxes,
    away,
    bucket,
    owner,
    newId,
    /** A book of the owner whose bucket is moved, with a note in it. */
    async write(title: string, shard: ShardName = 'home'): Promise<string> {
      const id = newId()
      await databases[shard].query(
        'insert into books.books (book_id, owner_id, title, pages) values ($1, $2, $3, 120)',
        [id, owner, title],
      )
      await databases[shard].query(`insert into books.notes values ($1, 1, 'on ' || $2)`, [id, title])
      return id
    },
    /** Titles that lie on a shard, with how many notes each has. */
    async titles(shard: ShardName): Promise<string[]> {
      const rows = await databases[shard].query<{ title: string; notes: number }>(
        `select title, (select count(*)::int from books.notes n where n.book_id = b.book_id) as notes
           from books.books b order by title`,
      )
      return rows.map(({ title, notes }) => (notes === 1 ? title : `${title} (${notes} notes)`))
    },
    whereItLies: async () => (await readMap(map.autocommit)).buckets[bucket]?.shard,
    gates: async () => (await readMap(map.autocommit)).gates,
    move: (to: ShardName, more: Partial<MoveDeps> = {}) =>
      moveBuckets({ ...deps, ...more }, { buckets: [bucket], from: to === 'east' ? 'home' : 'east', to }),
    repair: (more: Partial<MoveDeps> = {}) => repairMove({ ...deps, ...more }),
    /** Its mover has said nothing for long. */
    leave: () => databases.home.query(`update shards.shard_moves set seen_at = now() - interval '1 minute'`),
    moves: () =>
      databases.home.query<{ phase: string; note: string }>(
        'select phase, note from shards.shard_moves order by began_at',
      ),
    /** A process that works by the map; its books lie where the map says. @param heard what it hears of the map through */
    async process(names: readonly string[] = shards, heard = (db: Database) => db) {
      const shardMap = await followShardMap({
        db: heard(databases.home.open(shardsSchema.service)),
        shards: names,
        clock: () => new Date(),
        log: memoryLog(),
        about: `process of ${names.join(' and ')}`,
        lookEveryMs: 20,
      })
      followed.push(shardMap)
      const own = names.map((name) => ({ name, db: databases[name as ShardName].open('books') }))
      return { shardMap, shards: createShards(own, shardMap.mapping()) }
    },
    /** A process that knows home alone. */
    beginAlone: () =>
      announceAlone({
        db: map,
        shard: 'home',
        clock: () => new Date(),
        log: memoryLog(),
        about: 'a process alone',
        onFatal() {},
      }),
    /** Nothing is written, everything lies at home, and nobody is at work. */
    async reset() {
      for (const shardMap of followed.splice(0)) await shardMap.stop()
      for (const db of opened.splice(0)) await db.close().catch(() => {})
      away.clear()
      for (const database of Object.values(databases))
        await database.query(
          'truncate books.owners, books.books, books.notes, books.heard, books.dead_letters, books.idempotency_keys',
        )
      await databases.east.query('drop function if exists books.slowly() cascade')
      await databases.home.query(`
        truncate shards.shard_moves, shards.shard_gates, shards.shard_processes;
        update shards.shard_buckets set shard = 'home', state = 'open', moving_to = null;
        update shards.shard_map set version = version + 1`)
    },
    async close() {
      for (const shardMap of followed) await shardMap.stop()
      for (const db of opened) await db.close().catch(() => {})
      for (const database of Object.values(databases)) await database.close()
    },
  }
}

export type MoveStage = Awaited<ReturnType<typeof openMoveStage>>

/** A database on which something happens after some statements, before their answers are heard. */
export const answering = (db: Database, then: (text: string) => Promise<void>): Database => ({
  ...db,
  autocommit: {
    ...db.autocommit,
    async one<Row>(statement: Sql) {
      const row = await db.autocommit.one<Row>(statement)
      await then(statement.text)
      return row
    },
    async run(statement) {
      const rows = await db.autocommit.run(statement)
      await then(statement.text)
      return rows
    },
  },
})

/** The map, where the answer to one change of it is lost: `when` it is, in which order is the server's to say. */
export function losingAnswers(map: Database, isLost: (statements: readonly string[]) => boolean): Database {
  return {
    ...map,
    transaction: (body, options) =>
      new Promise((resolve, reject) => {
        const said: string[] = []
        const heard = map.transaction(async (tx) => {
          const listening: Tx = {
            ...tx,
            one: (statement) => (said.push(statement.text), tx.one(statement)),
            run: (statement) => (said.push(statement.text), tx.run(statement)),
          }
          const result = await body(listening)
          if (isLost(said)) {
            reject(new Error('the connection was lost before the outcome was known'))
            // It is committed all the same, a little later.
            await new Promise((done) => setTimeout(done, 300))
          }
          return result
        }, options)
        heard.then(resolve, reject)
      }),
  }
}

/** Something that happens when it is let. */
export function held() {
  let letGo = () => {}
  const until = new Promise<void>((resolve) => {
    letGo = resolve
  })
  let reach = () => {}
  const reached = new Promise<void>((resolve) => {
    reach = resolve
  })
  return {
    reached,
    letGo: () => letGo(),
    async here(): Promise<void> {
      reach()
      await until
    },
  }
}
