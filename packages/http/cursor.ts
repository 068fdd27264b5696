import { isUuid } from '@souk/postgres'
import { errors } from './errors.ts'

/** What a place in a list is made of: an id, a text, a whole number, an instant in milliseconds, or a day (2026-12-24). */
type Kinds = { id: string; text: string; integer: number; instant: number; day: string }
export type CursorKind = keyof Kinds
type Place<Shape extends readonly CursorKind[]> = { -readonly [Index in keyof Shape]: Kinds[Shape[Index]] }

/** The last instant there is a `Date` for. */
const lastInstantMs = 8_640_000_000_000_000

const is: { [Kind in CursorKind]: (value: unknown) => boolean } = {
  id: (value) => typeof value === 'string' && isUuid(value),
  text: (value) => typeof value === 'string' && !value.includes('\0') && value.isWellFormed(),
  integer: (value) => Number.isSafeInteger(value),
  instant: (value) => Number.isSafeInteger(value) && 0 <= (value as number) && (value as number) <= lastInstantMs,
  day: (value) => typeof value === 'string' && isDay(value),
}

/** There is no 31st of February and no year 0, and PostgreSQL would say so. */
function isDay(text: string): boolean {
  const at = /^[1-9]\d{3}-\d\d-\d\d$/.test(text) ? new Date(text) : undefined
  return at !== undefined && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text)
}

/** Opaque to callers: which list it belongs to, and what the last row of a page is known by. */
export const cursorOf = (list: string, ...place: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify([list, ...place])).toString('base64url')

/**
 * Where a page begins: behind this row; undefined for the first one.
 * @throws validation-failed when it is no cursor of this list
 */
export function readCursor<const Shape extends readonly CursorKind[]>(
  list: string,
  cursor: string | undefined,
  ...shape: Shape
): Place<Shape> | undefined {
  if (cursor === undefined) return undefined
  let parts: unknown
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    // No JSON: refused below, like JSON that is no cursor.
  }
  if (
    Array.isArray(parts) &&
    parts.length === shape.length + 1 &&
    parts[0] === list &&
    shape.every((kind, index) => is[kind](parts[index + 1]))
  )
    return parts.slice(1) as Place<Shape>
  throw errors.error('validation-failed', 'query/cursor: is not a cursor of this list', {
    faults: [{ in: 'query', path: '/cursor', message: 'is not a cursor of this list' }],
  })
}

/** A page from one row more than was asked for. @param cursor of the last row shown */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  shape: (row: Row) => Item,
  cursor: (last: Row) => string,
): { items: Item[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return { items: shown.map(shape), nextCursor: rows.length > limit && last !== undefined ? cursor(last) : null }
}
