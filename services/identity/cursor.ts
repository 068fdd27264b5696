import { isUuid } from '@souk/postgres'

/** Opaque to clients: what the last row of a page is known by. */
const encode = (key: string): string => Buffer.from(key).toString('base64url')
const decode = (cursor: string): string => Buffer.from(cursor, 'base64url').toString()

/** Where a page begins. A cursor that is none begins at the beginning, like no cursor. */
export const idIn = (cursor: string | undefined, beginning: string): string => {
  const key = cursor === undefined ? '' : decode(cursor)
  return isUuid(key) ? key : beginning
}

export const seqIn = (cursor: string | undefined): number => {
  const key = cursor === undefined ? '' : decode(cursor)
  return /^\d{1,15}$/.test(key) ? Number(key) : Number.MAX_SAFE_INTEGER
}

/** A page from one row more than was asked for. */
export const pageOf = <Row, Item>(
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => string | number,
  shape: (row: Row) => Item,
): { items: Item[]; nextCursor: string | null } => {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return {
    items: shown.map(shape),
    nextCursor: rows.length > limit && last !== undefined ? encode(String(keyOf(last))) : null,
  }
}

export const firstId = '00000000-0000-0000-0000-000000000000'
export const lastId = 'ffffffff-ffff-ffff-ffff-ffffffffffff'
