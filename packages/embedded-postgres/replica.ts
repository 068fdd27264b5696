import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { Client } from 'pg'
import { filesIn } from './cluster.ts'
import { copyDataFiles, giveTo } from './copy-files.ts'
import { type EmbeddedPostgres, type EmbeddedPostgresOptions, startEmbeddedPostgres } from './supervisor.ts'

/** Log kept for a replica that is away; one that was away for longer has to be made anew. */
const keptForReplicas = '1GB'

export type Replica = EmbeddedPostgres & {
  /** Stop it, and have the primary keep nothing for it any more. It has to be copied anew then. */
  forget(): Promise<void>
}

/**
 * Start a second server that follows the first one, in a folder of its own; copied from it the first time. It may be read,
 * a moment behind, and written by nobody. For one machine, like the first.
 */
export async function startReplica(
  primary: Pick<EmbeddedPostgres, 'url' | 'folder' | 'port'>,
  options: EmbeddedPostgresOptions,
): Promise<Replica> {
  const folder = resolve(options.folder)
  const files = filesIn(folder)
  const slot = slotOf(folder)
  mkdirSync(folder, { recursive: true, mode: 0o711 })
  chmodSync(folder, 0o711)
  await withClient(primary.url, (client) => keepLogFor(client, slot))
  if (!existsSync(files.data)) {
    options.onProgress?.('copying the database for its replica')
    await withClient(primary.url, (client) => copyData(client, primary, folder))
  }
  follow(primary, files.data, slot)
  const server = await startEmbeddedPostgres({ ...options, folder })
  return Object.defineProperties(
    {
      async forget() {
        await server.stop()
        await withClient(primary.url, (client) =>
          client.query('select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1', [
            slot,
          ]),
        )
      },
    },
    Object.getOwnPropertyDescriptors(server),
  ) as Replica
}

const slotOf = (folder: string): string =>
  `souk_${basename(folder)}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]/g, '_')
    .slice(0, 60)

/** The primary keeps its log until the replica has it, within limits: else a replica that is gone would fill the disk. */
async function keepLogFor(client: Client, slot: string): Promise<void> {
  await client.query(`alter system set max_slot_wal_keep_size = '${keptForReplicas}'`)
  await client.query('select pg_reload_conf()')
  await client.query(
    `select pg_create_physical_replication_slot($1, true)
      where not exists (select from pg_replication_slots where slot_name = $1)`,
    [slot],
  )
}

/** Copied file by file while the primary goes on: what it writes meanwhile stands in its log, which is played afterwards. */
async function copyData(
  client: Client,
  primary: Pick<EmbeddedPostgres, 'url' | 'folder' | 'port'>,
  folder: string,
): Promise<void> {
  const from = filesIn(primary.folder)
  const to = filesIn(folder)
  for (const name of readdirSync(folder))
    if (name.startsWith('data.unfinished.')) rmSync(join(folder, name), { recursive: true, force: true })
  const unfinished = join(folder, `data.unfinished.${process.pid}`)
  await client.query("select pg_backup_start('replica', true)")
  try {
    await copyDataFiles(from.data, unfinished)
  } finally {
    const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)')
    writeFileSync(join(unfinished, 'backup_label'), rows[0]?.labelfile ?? '', { mode: 0o600 })
  }
  writeFileSync(join(unfinished, 'standby.signal'), '', { mode: 0o600 })
  cpSync(from.password, to.password)
  giveTo(unfinished, statSync(from.data))
  renameSync(unfinished, to.data)
}

/** Said anew at each start: the primary may have another port by now. */
function follow({ url, port }: Pick<EmbeddedPostgres, 'url' | 'port'>, data: string, slot: string): void {
  const file = join(data, 'postgresql.auto.conf')
  const kept = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !/^(primary_|hot_standby)/.test(line))
  const { password } = new URL(url)
  const told = [
    `primary_conninfo = 'host=127.0.0.1 port=${port} user=postgres password=${password} application_name=${slot}'`,
    `primary_slot_name = '${slot}'`,
    'hot_standby = on',
    'hot_standby_feedback = on',
  ]
  writeFileSync(file, `${[...kept, ...told].join('\n')}\n`)
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, application_name: 'souk replica' })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
