import pg from 'pg'
import { sessionDefaults } from './defaults.ts'
import { DatabaseUnavailable, isRetryable, isServerError, OutcomeUnknown, statementError } from './errors.ts'
import type { Sql } from './sql.ts'

/** Where statements run. A statement function takes one as its first argument, always. */
export type Tx = {
  /** Exactly one row, or an error. */
  one<Row>(statement: Sql): Promise<Row>
  /** One row or none. More than one is an error. */
  maybeOne<Row>(statement: Sql): Promise<Row | undefined>
  many<Row>(statement: Sql): Promise<Row[]>
  /** Resolves to the number of rows changed. */
  run(statement: Sql): Promise<number>
  /** Call `listener` once this transaction has committed; never if it rolls back. What it throws goes to `onError`. */
  afterCommit(listener: () => void): void
}

export type TransactionOptions = {
  isolation?: 'read committed' | 'repeatable read' | 'serializable'
  readOnly?: boolean
  /** Replaces the pool's statement timeout inside this transaction. */
  statementTimeoutMs?: number
}

export type Database = {
  /** The service this connection belongs to; also its schema. */
  readonly schema: string
  /**
   * Run `body` in a transaction. Deadlocks and serialisation failures are run again (three times at most), so the body
   * must have no effect outside the database.
   * @throws OutcomeUnknown when the connection broke after COMMIT was sent, DatabaseUnavailable when none could be had.
   */
  transaction<T>(body: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>
  /** Every statement commits by itself. For reads, and for the single statement that is a whole transaction. */
  readonly autocommit: Tx
  /**
   * The same, asked once more when a connection is at hand, in one breath with sending: what `admit` throws keeps the
   * statement from being sent. For who may have waited long for a connection, or slept.
   */
  autocommitIf(admit: () => void): Tx
  stats(): { open: number; idle: number; waiting: number }
  close(): Promise<void>
}

/**
 * Whether a pooler in transaction mode stands between. `'prepared'`: one that carries statements prepared by name to whatever
 * session runs them (PgBouncer 1.21 with max_prepared_statements); behind another one they are planned anew each time.
 */
export type Pooled = boolean | 'prepared'

export type DatabaseOptions = {
  url: string
  schema: string
  /** Little's law: rate × time held. A batched writer at 10,000 orders/s holds less than one, so small pools do. */
  maxConnections?: number
  statementTimeoutMs?: number
  lockTimeoutMs?: number
  connectTimeoutMs?: number
  /**
   * The address is that of a pooler in transaction mode: the next transaction may run on another session. Nothing is set on
   * a session; search_path and time-outs are those of the role (see migrate).
   */
  pooled?: Pooled
  /** Name shown in pg_stat_activity. */
  applicationName?: string
  onError?: (error: Error) => void
}

const types = new pg.TypeOverrides()
// int8 as number: all our counts and amounts are capped below 2^53, and a value beyond it must never be rounded silently.
types.setTypeParser(pg.types.builtins.INT8, (text: string) => {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`int8 ${text} does not fit a JavaScript integer`)
  return value
})

async function query<Row>(client: pg.ClientBase, statement: Sql): Promise<pg.QueryResult<Row & pg.QueryResultRow>> {
  try {
    return await client.query<Row & pg.QueryResultRow>({
      name: statement.name,
      text: statement.text,
      values: statement.values as unknown[],
    })
  } catch (error) {
    throw statementError(error)
  }
}

function rows(
  execute: <Row>(statement: Sql) => Promise<pg.QueryResult<Row & pg.QueryResultRow>>,
  afterCommit: Tx['afterCommit'],
): Tx {
  return {
    async one<Row>(statement: Sql) {
      const result = await execute<Row>(statement)
      const [row] = result.rows
      if (result.rows.length !== 1 || row === undefined)
        throw new Error(`expected one row, got ${result.rows.length}: ${statement.text}`)
      return row
    },
    async maybeOne<Row>(statement: Sql) {
      const result = await execute<Row>(statement)
      if (result.rows.length > 1)
        throw new Error(`expected one row at most, got ${result.rows.length}: ${statement.text}`)
      return result.rows[0]
    },
    many: async <Row>(statement: Sql) => (await execute<Row>(statement)).rows,
    run: async (statement) => (await execute(statement)).rowCount ?? 0,
    afterCommit,
  }
}

const begin = (options: TransactionOptions): string =>
  `begin isolation level ${options.isolation ?? 'read committed'}${options.readOnly ? ' read only' : ''}`

/** PgBouncer refuses what it would have to remember for a session, unless it was told to let it pass unheard. */
const isPoolerInTheWay = (error: unknown): boolean =>
  error instanceof Error && error.message.includes('unsupported startup parameter')
const poolerInTheWay = 'this is the address of a pooler: say so (SOUK_POOLER=transaction)'

/** What a transaction behind a pooler says by itself, in the packet that begins it. */
function local({ schema, statementTimeoutMs, lockTimeoutMs }: DatabaseOptions): string {
  const set = [`search_path = ${pg.escapeIdentifier(schema)}`]
  if (statementTimeoutMs !== undefined) set.push(`statement_timeout = ${Math.trunc(statementTimeoutMs)}`)
  if (lockTimeoutMs !== undefined) set.push(`lock_timeout = ${Math.trunc(lockTimeoutMs)}`)
  return set.map((each) => `; set local ${each}`).join('')
}

/** Unnamed: the server plans it anew each time, and no session has to know it. */
const unprepared: typeof query = (client, statement) => query(client, { ...statement, name: '' })

/** What a session answers that was never told of a statement, or is told of it twice. */
const forgotten = new Set(['26000', '42P05'])

const preparedByPooler: typeof query = async <Row>(client: pg.ClientBase, statement: Sql) => {
  try {
    return await query<Row>(client, statement)
  } catch (error) {
    if (!isServerError(error) || !forgotten.has(error.code)) throw error
    const howTo =
      'let the pooler carry statements prepared by name (max_prepared_statements), or say SOUK_POOLER=transaction'
    throw new Error(`${howTo}: ${error.message}`, { cause: error })
  }
}

export function openDatabase(options: DatabaseOptions): Database {
  const { pooled = false } = options
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.maxConnections ?? 5,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 3_000,
    idleTimeoutMillis: 30_000,
    ...(!pooled && {
      statement_timeout: options.statementTimeoutMs ?? sessionDefaults.statementTimeoutMs,
      lock_timeout: options.lockTimeoutMs ?? sessionDefaults.lockTimeoutMs,
      idle_in_transaction_session_timeout: sessionDefaults.idleInTransactionMs,
      options: `-c search_path=${options.schema}`,
    }),
    application_name: options.applicationName ?? `souk ${options.schema}`,
    types,
  })
  // An idle connection that breaks (server restart) is dropped by the pool; without a listener Node would exit.
  // Nor is it news while closing: the pool counts a connection as gone before its socket is.
  let closing = false
  pool.on('error', (error) => {
    if (!closing) options.onError?.(error)
  })

  // While a client is out of the pool nobody listens to it: a server that ends it between two statements would end the
  // process too. The next statement learns of it anyway.
  const ignore = () => {}
  // A server that ends a connection in the very packet that opens it speaks before `connect` below has the client.
  pool.on('connect', (client) => client.on('error', ignore))

  async function connect(): Promise<pg.PoolClient> {
    try {
      const client = await pool.connect()
      client.on('error', ignore)
      return client
    } catch (error) {
      throw new DatabaseUnavailable(error, isPoolerInTheWay(error) ? poolerInTheWay : undefined)
    }
  }

  function release(client: pg.PoolClient, broken: boolean): void {
    client.off('error', ignore)
    client.release(broken)
  }

  const execute = pooled === true ? unprepared : pooled === 'prepared' ? preparedByPooler : query
  const beginning = pooled ? local(options) : ''

  async function once<T>(body: (tx: Tx) => Promise<T>, transaction: TransactionOptions): Promise<T> {
    const client = await connect()
    const listeners: (() => void)[] = []
    let broken: unknown
    let result: T
    try {
      await query(client, { name: '', text: begin(transaction) + beginning, values: [] })
      if (transaction.statementTimeoutMs !== undefined)
        await query(client, {
          name: '',
          text: `set local statement_timeout = ${Math.trunc(transaction.statementTimeoutMs)}`,
          values: [],
        })
      result = await body(
        rows(
          (statement) => execute(client, statement),
          (listener) => listeners.push(listener),
        ),
      )
      const ended = await query(client, { name: '', text: 'commit', values: [] })
      // COMMIT of a transaction in which a statement failed is answered with ROLLBACK, not with an error.
      if (ended.command !== 'COMMIT')
        throw new Error('nothing was committed: a statement failed, and the transaction went on as if it had not')
    } catch (error) {
      broken = error
      if (!(error instanceof OutcomeUnknown))
        await client.query('rollback').catch((failure: unknown) => {
          broken = new OutcomeUnknown(failure)
        })
      throw error
    } finally {
      release(client, broken instanceof OutcomeUnknown)
    }
    for (const listener of listeners)
      try {
        listener()
      } catch (error) {
        options.onError?.(error as Error) // committed is committed: the caller must not take it for a failure
      }
    return result
  }

  const autocommitIf = (admit: () => void): Tx =>
    rows(
      async (statement) => {
        const client = await connect()
        let broken = false
        let isSent = false
        try {
          admit()
          isSent = true
          return await execute(client, statement)
        } catch (error) {
          broken = isSent && !isServerError(error)
          throw error
        } finally {
          release(client, broken)
        }
      },
      () => {
        throw new Error('afterCommit needs a transaction: an autocommitted statement has committed when it resolves')
      },
    )

  return {
    schema: options.schema,
    async transaction(body, transaction = {}) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await once(body, transaction)
        } catch (error) {
          if (attempt >= 3 || !isRetryable(error)) throw error
          await new Promise((resolve) => setTimeout(resolve, 5 * attempt * (1 + Math.random())))
        }
      }
    },
    autocommit: autocommitIf(() => {}),
    autocommitIf,
    stats: () => ({ open: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close() {
      closing = true
      return pool.end()
    },
  }
}
