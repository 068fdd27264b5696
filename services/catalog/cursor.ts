import { httpErrors } from '@souk/http'
import { isUuid } from '@souk/postgres'

/** Opaque to callers: which list it belongs to, and the sort key and id of the last row of a page. */
export const cursorOf = (list: string, after: { key: string | number; id: string }): string =>
  Buffer.from(JSON.stringify([list, after.key, after.id])).toString('base64url')

const notOurs = () =>
  httpErrors.error('validation-failed', 'query/cursor: is not a cursor of this list', {
    faults: [{ in: 'query', path: '/cursor', message: 'is not a cursor of this list' }],
  })

/** The last instant there is a `Date` for. */
const lastInstantMs = 8_640_000_000_000_000

/** @param keyType what sort keys of this list are; an instant is milliseconds. @throws validation-failed when it is none of this list's */
export function readCursor(
  list: string,
  cursor: string | undefined,
  keyType: 'string' | 'number' | 'instant',
): { key: string | number; id: string } | undefined {
  if (cursor === undefined) return undefined
  let parts: unknown
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    throw notOurs()
  }
  if (!Array.isArray(parts) || parts.length !== 3) throw notOurs()
  const [of, key, id] = parts as unknown[]
  const known =
    typeof key === 'string'
      ? keyType === 'string' && !key.includes('\0') && key.isWellFormed()
      : keyType === 'number'
        ? Number.isSafeInteger(key)
        : keyType === 'instant' && Number.isSafeInteger(key) && 0 <= (key as number) && (key as number) <= lastInstantMs
  if (of !== list || !known || typeof id !== 'string' || !isUuid(id)) throw notOurs()
  return { key: key as string | number, id }
}

/** The version a change was made on, from `If-Match: "7"`. @throws precondition-required, version-mismatch */
export function versionFrom(ifMatch: string | string[] | undefined): number {
  if (typeof ifMatch !== 'string')
    throw httpErrors.error('precondition-required', 'Send the ETag you read as If-Match.')
  const match = /^(?:W\/)?"(\d{1,15})"$/.exec(ifMatch)
  if (match === null) throw httpErrors.error('version-mismatch', 'If-Match is not an ETag of this resource.')
  return Number(match[1])
}

export const etag = (version: number): { etag: string } => ({ etag: `"${version}"` })
