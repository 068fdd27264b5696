import { httpErrors } from '@souk/http'
import { isUuid } from '@souk/postgres'

/** Opaque to callers: the sort key and id of the last row of a page. */
export const cursorOf = (key: string | number, id: string): string =>
  Buffer.from(JSON.stringify([key, id])).toString('base64url')

/** @throws validation-failed when it is none of ours */
export function readCursor(cursor: string | undefined): { key: string; id: string } | undefined {
  if (cursor === undefined) return undefined
  try {
    const [key, id, ...rest] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]
    if (typeof key === 'string' && !key.includes('\0') && typeof id === 'string' && isUuid(id) && rest.length === 0)
      return { key, id }
  } catch {}
  throw httpErrors.error('validation-failed', 'query/cursor: is not a cursor of this list', {
    faults: [{ in: 'query', path: '/cursor', message: 'is not a cursor of this list' }],
  })
}

/** The first `limit` of `limit + 1` rows asked for, and where the next page begins. */
export function page<Row>(
  rows: readonly Row[],
  limit: number,
  cursor: (last: Row) => string,
): { rows: Row[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return { rows: shown, nextCursor: rows.length > limit && last !== undefined ? cursor(last) : null }
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
