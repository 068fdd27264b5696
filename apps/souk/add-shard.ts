import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { type Database, migrate, openDatabase } from '@souk/postgres'
import { believedMs, homeShard, livingProcesses, parseEnv, readMap, shardsSchema } from '@souk/service'
import { appConfig, isDatabaseUrl, isShardName, noShardName, pooledBy } from './config.ts'
import { serviceSchema } from './database.ts'
import { kafkaSettings, migrateRelay } from './event-log.ts'
import { Refusal, UsageError } from './explain.ts'
import { besideRunning, dataFolderOf, secretBeside } from './running.ts'
import { allServices } from './services.ts'
import { holdMark, holdsGoods, isMarkFree, serverAt } from './shards.sql.ts'

type Env = Readonly<Record<string, string | undefined>>

export type AddedShard = {
  name: string
  /** "PostgreSQL 18.4, 127.0.0.1:5432/east" */
  server: string
  /** Applied now. */
  migrations: number
  /** The file SOUK_SHARDS names, which has it now; undefined where the value itself is to be set. */
  writtenTo: string | undefined
  /** What SOUK_SHARDS must be, without passwords. */
  shards: Readonly<Record<string, string>>
  /** Events of this database have to be brought to Kafka, too. */
  needsRelay: boolean
  /** Processes that run. `knows` is undefined for one of the release before, which does not say. */
  processes: readonly { about: string; knows: boolean | undefined }[]
}

/**
 * Make a database ready to hold shops: looked at, migrated, and named for who is started next. Nothing is moved, and it may
 * be done again. @throws Refusal when it cannot be one of ours.
 */
export async function addShard(given: Env, asked: { name: string; address: string | undefined }): Promise<AddedShard> {
  const { name } = asked
  if (!isShardName(name)) throw new UsageError(`${name} ${noShardName}.`)
  const env = await besideRunning(given)
  const settings = parseEnv(env, appConfig)
  const secret = settings.SOUK_SECRET ?? secretBeside(dataFolderOf(env))
  if (settings.DATABASE_URL === undefined || secret === undefined)
    throw new UsageError(
      'A database is added to a marketplace that is there: start one here, or set DATABASE_URL and SOUK_SECRET.',
    )
  const known = settings.SOUK_SHARDS ?? {}
  const address = addressOf(env, asked.address) ?? known[name]
  if (address === undefined) throw new UsageError(`Say where ${name} is: souk shards add ${name} postgres://…`)
  if (known[name] !== undefined && known[name] !== address)
    throw new Refusal(`SOUK_SHARDS says that ${name} is somewhere else: ${withoutPassword(known[name])}.`)

  const pooled = pooledBy[settings.SOUK_POOLER]
  const open = (url: string, schema = 'public') =>
    openDatabase({ url, schema, pooled, maxConnections: 2, applicationName: 'souk shards add' })
  const home = open(settings.DATABASE_URL, shardsSchema.service)
  const added = open(address)
  const others = Object.entries(known).filter(([other]) => other !== name)
  const rest = others.map(([other, url]) => ({ name: other, db: open(url) }))
  try {
    const server = await look(name, added, [{ name: homeShard, db: home }, ...rest])
    // The map first: a marketplace of the release before has no column for what processes know.
    await migrate({ url: settings.DATABASE_URL, secret, pooled, services: [shardsSchema] })
    const isUsed = (await readMap(home.autocommit)).buckets.some(({ shard }) => shard === name)
    if (!isUsed && (await holdsGoods(added.autocommit)))
      throw new Refusal(`${server.database} holds somebody’s goods or orders already: a database is added empty.`)
    const { applied } = await migrate({
      url: address,
      secret,
      pooled,
      services: allServices.filter(({ divided }) => divided !== undefined).map(serviceSchema),
    })
    const needsRelay = kafkaSettings(env)?.writtenBy === 'relay'
    if (needsRelay) await migrateRelay(address, secret, pooled)
    const shards = { ...known, [name]: address }
    const processes = (await livingProcesses(home.autocommit, believedMs)).map(({ about, shards: theirs }) => ({
      about,
      knows: theirs?.includes(name),
    }))
    const { host } = new URL(address)
    return {
      name,
      server: `PostgreSQL ${server.version}, ${host}/${server.database}`,
      migrations: applied.length,
      writtenTo: await writeDown(env.SOUK_SHARDS, shards),
      shards: Object.fromEntries(Object.entries(shards).map(([each, url]) => [each, withoutPassword(url)])),
      needsRelay,
      processes,
    }
  } finally {
    await Promise.all([home, added, ...rest.map(({ db }) => db)].map((db) => db.close()))
  }
}

/** @throws Refusal unless it is a database of its own on which ours can live. */
async function look(name: string, added: Database, others: readonly { name: string; db: Database }[]) {
  const server = await serverAt(added.autocommit).catch((error: unknown) => {
    throw new Refusal(`${name} cannot be used: ${error instanceof Error ? innermost(error).message : String(error)}`)
  })
  if (server.isReplica) throw new Refusal(`${name} follows another database: shops need one that can be written to.`)
  for (const other of others) {
    const theirs = await serverAt(other.db.autocommit)
    if (other.name === homeShard && (server.major < theirs.major || server.encoding !== theirs.encoding))
      throw new Refusal(
        `${name} is PostgreSQL ${server.version} (${server.encoding}) and home is ${theirs.version} (${theirs.encoding}): rows would not mean the same on both.`,
      )
    const mark = randomInt(2 ** 47)
    const isSame = await other.db.transaction(async (tx) => {
      await holdMark(tx, mark)
      return !(await isMarkFree(added.autocommit, mark))
    })
    if (isSame) throw new Refusal(`${name} is the same database as ${other.name}.`)
  }
  return server
}

const innermost = (error: Error): Error => (error.cause instanceof Error ? innermost(error.cause) : error)

/** An address, or the name of a variable that holds one. */
function addressOf(env: Env, given: string | undefined): string | undefined {
  if (given === undefined) return undefined
  const address = /^[A-Z_][A-Z0-9_]*$/.test(given) ? env[given] : given
  if (address === undefined) throw new UsageError(`There is no variable ${given}.`)
  if (!isDatabaseUrl(address)) throw new UsageError('The address must be postgres://user:password@host/database.')
  return address
}

/** Where SOUK_SHARDS names a file, whoever starts next finds it there. */
async function writeDown(value: string | undefined, shards: Readonly<Record<string, string>>) {
  if (value === undefined || value.trim().startsWith('{')) return undefined
  const text = `${JSON.stringify(shards, null, 2)}\n`
  if (readFileSync(value, 'utf8') !== text) {
    const draft = `${value}.${process.pid}`
    await writeFile(draft, text, { mode: 0o600 })
    await rename(draft, value)
  }
  return value
}

function withoutPassword(address: string): string {
  const url = new URL(address)
  if (url.password !== '') url.password = '***'
  return url.href
}
