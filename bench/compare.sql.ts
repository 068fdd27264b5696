import type pg from 'pg'

/** A table for commits that are nothing but commits; call `dropCommitProbe` after. */
export const createCommitProbe = (client: pg.Client) =>
  client.query('create schema if not exists commit_probe; create table if not exists commit_probe.row (at timestamptz)')

export const commitOneRow = (client: pg.Client) =>
  client.query({ name: 'commit-probe', text: 'insert into commit_probe.row values (now())' })

export const dropCommitProbe = (client: pg.Client) => client.query('drop schema if exists commit_probe cascade')

/** The settings that decide what a commit costs. */
export const readSettings = async (client: pg.Client): Promise<Record<string, string>> => {
  const { rows } = await client.query<{ name: string; setting: string }>(
    `select name, setting from pg_settings where name in
       ('server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers', 'max_wal_size', 'wal_level')
     order by name`,
  )
  return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))
}
