import { chownSync, constants, readdirSync, statSync } from 'node:fs'
import { copyFile, mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** What belongs to the server that wrote it, or is made anew. The log is another matter: it is copied when the rest is. */
const leftOut =
  /^(postmaster\.(pid|opts)|pg_wal\/.+|pg_replslot\/.+|pg_stat_tmp\/.+|pg_notify\/.+|\.s\.PGSQL.*|standby\.signal)$/

export type Copying = {
  /** So that others of this disk are served meanwhile. Default: as fast as it goes. */
  bytesPerSecond?: number | undefined
  /** After each file. */
  onBytes?: ((copied: number) => void) | undefined
  signal?: AbortSignal | undefined
}

/** The files of a server that goes on writing them: they come and go, and one that is gone is not needed. */
export async function copyDataFiles(from: string, to: string, copying: Copying = {}): Promise<void> {
  const beganMs = Date.now()
  let copied = 0
  const below = async (folder: string): Promise<void> => {
    await mkdir(join(to, folder), { recursive: true, mode: 0o700 })
    for (const entry of await readdir(join(from, folder), { withFileTypes: true })) {
      copying.signal?.throwIfAborted()
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (leftOut.test(path)) continue
      if (entry.isDirectory()) await below(path)
      if (!entry.isFile() || !(await copyIfThere(join(from, path), join(to, path)))) continue
      copied += statSync(join(to, path)).size
      copying.onBytes?.(copied)
      const aheadMs = (copied * 1_000) / (copying.bytesPerSecond ?? Infinity) - (Date.now() - beganMs)
      if (aheadMs > 1) await sleep(aheadMs)
    }
  }
  await below('')
}

/** Shares its blocks with the original where the file system can. @returns false when it has gone meanwhile */
export async function copyIfThere(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return false
  }
}

/** Of everything in a folder, whatever comes and goes meanwhile. */
export async function bytesIn(folder: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }))
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name)).catch(() => undefined))?.size ?? 0
  return bytes
}

/** Owned by whoever owns the original's: the server runs as him. */
export function giveTo(path: string, owner: { uid: number; gid: number }): void {
  if (process.getuid?.() !== 0) return
  chownSync(path, owner.uid, owner.gid)
  if (!statSync(path).isDirectory()) return
  for (const name of readdirSync(path)) giveTo(join(path, name), owner)
}
