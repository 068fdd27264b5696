import { isUuid } from '@souk/postgres'

/** A cursor is the id of the last row, unreadable on purpose. One that is none begins at the beginning. */
export function idIn(cursor: string | undefined): string | undefined {
  const id = cursor === undefined ? '' : Buffer.from(cursor, 'base64url').toString()
  return isUuid(id) ? id : undefined
}

/** A page from one row more than was asked for. */
export function pageOf<Row>(
  rows: readonly Row[],
  limit: number,
  idOf: (row: Row) => string,
): { rows: Row[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return {
    rows: shown,
    nextCursor: rows.length > limit && last !== undefined ? Buffer.from(idOf(last)).toString('base64url') : null,
  }
}
