import { randomFillSync } from 'node:crypto'

/** Shop-scoped data is divided into 1,024 buckets; a map says which database holds which bucket. */
export const bucketCount = 1024

/** The bucket of a shop or customer: FNV-1a over its id, so that neighbours in time do not share a shard. */
export function bucketOf(ownerId: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < ownerId.length; index += 1)
    hash = Math.imul(hash ^ ownerId.charCodeAt(index), 0x01000193) >>> 0
  // The xor gives a signed number; a negative bucket would be no bucket at all.
  return ((hash ^ (hash >>> 16)) >>> 0) % bucketCount
}

const hex: string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
// Random bytes are drawn 4 kB at a time: one system call for 512 ids instead of one each.
const pool = new Uint8Array(4096)
let used = pool.length

/** UUIDv7 (RFC 9562) of an instant, with the bucket in the 12 bits behind the time, so an id alone finds its shard. */
export function uuidv7(nowMs: number, bucket: number = Math.trunc(Math.random() * bucketCount)): string {
  if (used + 8 > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const b = (offset: number) => pool[used + offset] as number
  const time = nowMs.toString(16).padStart(12, '0')
  const id =
    `${time.slice(0, 8)}-${time.slice(8)}-7${bucket.toString(16).padStart(3, '0')}-` +
    `${hex[(b(0) & 0x3f) | 0x80]}${hex[b(1)]}-${hex[b(2)]}${hex[b(3)]}${hex[b(4)]}${hex[b(5)]}${hex[b(6)]}${hex[b(7)]}`
  used += 8
  return id
}

/** The bucket inside an id made by `uuidv7`. */
export const bucketInId = (id: string): number => Number.parseInt(id.slice(15, 18), 16) % bucketCount

/** The instant inside an id made by `uuidv7`, in milliseconds. */
export const timeInId = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)

/** The smallest id of an instant: the border of a partition or of a range by time. */
export const firstIdAt = (nowMs: number): string => {
  const time = nowMs.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
export const isUuid = (text: string): boolean => uuidPattern.test(text)
