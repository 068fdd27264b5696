import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Client } from 'pg'
import { filesIn } from './cluster.ts'
import { bytesIn, copyDataFiles, copyIfThere, type Copying, giveTo } from './copy-files.ts'
import type { EmbeddedPostgres } from './supervisor.ts'

/** Bytes a copy of this server's data takes, about: it grows while it is looked at. */
export const bytesOfServer = (folder: string): Promise<number> => bytesIn(filesIn(folder).data)

/**
 * Copy a server's data, as it is when the copying ends, into a folder of its own while the server goes on: nobody waits,
 * nothing is locked. `startEmbeddedPostgres({ folder })` opens the copy afterwards; the two know nothing of each other.
 */
export async function copyServer(
  original: Pick<EmbeddedPostgres, 'url' | 'folder'>,
  folder: string,
  copying: Copying = {},
): Promise<void> {
  const from = filesIn(original.folder)
  const to = filesIn(resolve(folder))
  mkdirSync(folder, { recursive: true, mode: 0o711 })
  chmodSync(folder, 0o711)
  const unfinished = join(folder, `data.unfinished.${process.pid}`)
  const client = new Client({ connectionString: original.url, application_name: 'souk copy' })
  await client.connect()
  try {
    // Until this connection ends, what is needed of the log stays: a busy server would write over it.
    const slot = `souk_copy_${process.pid}`
    await client.query('select pg_create_physical_replication_slot($1, true, true)', [slot])
    const { rows } = await client.query<{ segment: string }>(
      "select pg_walfile_name(pg_backup_start('copy', true)) as segment",
    )
    await copyDataFiles(from.data, unfinished, copying)
    const ended = await client.query<{ labelfile: string; segment: string }>(
      'select labelfile, pg_walfile_name(lsn) as segment from pg_backup_stop(false)',
    )
    writeFileSync(join(unfinished, 'backup_label'), ended.rows[0]?.labelfile ?? '', { mode: 0o600 })
    await copyLog(from.data, unfinished, rows[0]?.segment ?? '', ended.rows[0]?.segment ?? '')
  } finally {
    await client.end()
  }
  followNobody(unfinished)
  cpSync(from.password, to.password)
  giveTo(unfinished, statSync(from.data))
  renameSync(unfinished, to.data)
}

/** What was written while the files were copied: played at the first start, and everything is of one moment. */
async function copyLog(from: string, to: string, first: string, last: string): Promise<void> {
  mkdirSync(join(to, 'pg_wal'), { recursive: true, mode: 0o700 })
  // Segments behind the last are old ones under a new name, waiting to be written over.
  for (const name of readdirSync(join(from, 'pg_wal')))
    if (/^[0-9A-F]{24}$/.test(name) ? name >= first && name <= last : name.endsWith('.history'))
      await copyIfThere(join(from, 'pg_wal', name), join(to, 'pg_wal', name))
}

function followNobody(data: string): void {
  const file = join(data, 'postgresql.auto.conf')
  const kept = readFileSync(file, 'utf8').split('\n')
  writeFileSync(file, kept.filter((line) => !/^(primary_|hot_standby|max_slot)/.test(line)).join('\n'))
}
