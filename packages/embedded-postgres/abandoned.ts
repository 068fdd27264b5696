import { existsSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { filesIn } from './cluster.ts'
import { claimFolder } from './ownership.ts'
import { isPostmasterOf } from './processes.ts'
import { killAll, readPidFile } from './server.ts'

const claimIn = (folder: string) => join(folder, 'claim.json')

/** Say that a folder that is to go with this process is this process's. */
export const claimTemporary = (folder: string): (() => void) => claimFolder(folder, claimIn(folder))

/**
 * Take away a temporary folder whose process died without doing so (`kill -9`), and end the server left running in it.
 * @param below where in it the server's folder is
 * @returns false when its process lives, or nobody ever claimed it
 */
export async function removeAbandoned(folder: string, below: string): Promise<boolean> {
  if (!existsSync(claimIn(folder))) return false
  try {
    claimTemporary(folder)
  } catch {
    return false
  }
  const { data } = filesIn(resolve(folder, below))
  const server = readPidFile(data)
  if (server !== undefined && isPostmasterOf(server.pid, data)) await killAll(server.pid)
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  return true
}
