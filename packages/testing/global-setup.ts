import { existsSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '@souk/embedded-postgres'
import type { TestProject } from 'vitest/node'

/**
 * Tests of durability start a server of their own; for the rest a commit need not reach the disk. Two files at once, one of
 * them with a marketplace on four databases: they have had more than 200 connections open.
 */
const settings = {
  fsync: 'off',
  full_page_writes: 'off',
  shared_buffers: '64MB',
  max_wal_size: '256MB',
  max_connections: '400',
}
const prefix = 'souk-test-'

/** One PostgreSQL for the whole run, in a folder of the system's temporary one; gone with it when the run ends. */
export default async function startServer(project: TestProject): Promise<() => Promise<void>> {
  await removeOrphans()
  const folder = join(tmpdir(), `${prefix}${process.pid}`)
  const server = await startEmbeddedPostgres({ folder, settings })
  project.provide('adminUrl', server.url)
  return async () => {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What a killed run left behind: its server is adopted for the moment it takes to stop it. */
async function removeOrphans(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(prefix))) {
    const pid = Number(name.slice(prefix.length))
    if (!Number.isInteger(pid) || isAlive(pid)) continue
    const folder = join(tmpdir(), name)
    try {
      if (existsSync(join(folder, 'data', 'postmaster.pid'))) {
        const orphan = await startEmbeddedPostgres({ folder, settings })
        await orphan.stop()
      }
      rmSync(folder, { recursive: true, force: true })
    } catch {
      // Another run that starts at this moment cleans it up, or the next one will.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
