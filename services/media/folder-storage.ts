import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { mediaIdOfKey } from './picture.ts'
import type { Links } from './links.ts'
import { goodKey, type Storage, type Stored } from './storage.ts'

const isMissing = (error: unknown) => ['ENOENT', 'ENOTDIR'].includes((error as { code?: string }).code ?? '')

/** Files in a folder of this machine, or one that all machines see. Half-written ones are never seen: written beside, moved. */
export function folderStorage(options: { folder: string; links: Links }): Storage {
  const pathOf = (key: string): string => {
    if (!goodKey(key)) throw new RangeError(`not a key: ${key}`)
    return join(options.folder, key)
  }
  const statOf = async (key: string) => {
    const path = pathOf(key)
    try {
      const found = await stat(path)
      return found.isFile() ? found : undefined
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }

  return {
    name: 'folder',
    close() {},
    async put(key, body, { bytes }) {
      const path = pathOf(key)
      const beside = join(options.folder, 'incoming', randomUUID())
      await mkdir(dirname(beside), { recursive: true })
      await mkdir(dirname(path), { recursive: true })
      try {
        await pipeline(Buffer.isBuffer(body) ? Readable.from([body]) : body, createWriteStream(beside, { flags: 'wx' }))
        const file = await open(beside)
        try {
          const { size } = await file.stat()
          if (size !== bytes) throw new RangeError(`${size} bytes came, ${bytes} were announced`)
          await file.sync()
        } finally {
          await file.close()
        }
        await rename(beside, path)
      } catch (error) {
        await rm(beside, { force: true })
        throw error
      }
    },
    async get(key) {
      const found = await statOf(key)
      return found && { body: createReadStream(pathOf(key)), bytes: found.size }
    },
    async stat(key) {
      const found = await statOf(key)
      return found && { bytes: found.size }
    },
    async remove(keys) {
      for (const key of keys) await rm(pathOf(key), { force: true })
      const folders = new Set(keys.filter((key) => key.split('/').length === 3).map((key) => dirname(pathOf(key))))
      // The folder of a picture goes with its last file; until then it stays, and that is no fault.
      for (const folder of folders) await rmdir(folder).catch(() => {})
    },
    async list(prefix, afterKey, limit) {
      const found: Stored[] = []
      const walk = async (folder: string): Promise<void> => {
        const entries = await readdir(join(options.folder, folder), { withFileTypes: true }).catch((error: unknown) => {
          if (isMissing(error)) return []
          throw error
        })
        // "a/" before "a-b": as the keys themselves are ordered.
        const named = entries.map((entry) => ({ entry, key: `${folder}/${entry.name}` }))
        named.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))
        for (const { entry, key } of named) {
          if (found.length >= limit) return
          if (entry.isDirectory()) {
            if (`${key}/\u{10ffff}` > afterKey) await walk(key)
          } else if (key > afterKey) {
            const stats = await statOf(key).catch(() => undefined)
            if (stats !== undefined) found.push({ key, bytes: stats.size, changedAt: stats.mtime })
          }
        }
      }
      await walk(prefix.replace(/\/$/, ''))
      return found
    },
    async withFile(key, use) {
      return (await statOf(key)) === undefined ? undefined : use(pathOf(key))
    },
    async uploadTarget(key, { contentType, until }) {
      const mediaId = mediaIdOfKey(key) ?? ''
      const url = `/media/uploads/${mediaId}?${options.links.sign('upload', mediaId, until)}`
      return { method: 'PUT', url, headers: { 'content-type': contentType } }
    },
    async downloadUrl(key, { until }) {
      const mediaId = mediaIdOfKey(key) ?? ''
      return `/media/downloads/${mediaId}?${options.links.sign('download', mediaId, until)}`
    },
  }
}

const sortKey = ({ entry, key }: { entry: { isDirectory(): boolean }; key: string }) =>
  entry.isDirectory() ? `${key}/` : key
