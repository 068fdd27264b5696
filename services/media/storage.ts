import type { Readable } from 'node:stream'

export type Stored = { key: string; bytes: number; changedAt: Date }
export type UploadTarget = { method: 'PUT'; url: string; headers: Record<string, string> }

/**
 * Keeps files under keys: `originals/…`, `masters/…`, `public/…/…`, of letters, digits, dots and hyphens. A file is there
 * whole or not at all.
 */
export type Storage = {
  readonly name: 'folder' | 's3'
  /** @param bytes as many as there must be; another number is an error, and nothing is kept */
  put(key: string, body: Buffer | Readable, about: { contentType: string; bytes: number }): Promise<void>
  get(key: string): Promise<{ body: Readable; bytes: number } | undefined>
  stat(key: string): Promise<{ bytes: number } | undefined>
  /** Those that are not there are not missed. */
  remove(keys: readonly string[]): Promise<void>
  /** In the order of their keys, behind this one. */
  list(prefix: string, afterKey: string, limit: number): Promise<Stored[]>
  /** A copy on this machine for the time of `use`, by its path. Undefined when there is no such file. */
  withFile<T>(key: string, use: (path: string) => Promise<T>): Promise<T | undefined>
  /** Where whoever has this may put one file of this type and size, until then. Relative to the shop API when it is ours. */
  uploadTarget(key: string, about: { contentType: string; bytes: number; until: Date }): Promise<UploadTarget>
  /** Where whoever has this may fetch the file until then; offered under this name. */
  downloadUrl(key: string, about: { fileName: string; until: Date }): Promise<string>
  close(): void
}

export const goodKey = (key: string): boolean => /^[a-z]+(?:\/[A-Za-z0-9-]+(?:\.[a-z0-9]+)?){1,2}$/.test(key)
