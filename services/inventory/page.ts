import { isUuid } from '@souk/postgres'

/** A cursor is the id of the last row, unreadable on purpose. One that is none begins at the beginning. */
export function idIn(cursor: string | undefined): string | undefined {
  const id = cursor === undefined ? '' : Buffer.from(cursor, 'base64url').toString()
  return isUuid(id) ? id : undefined
}

/** The same for lists by day: the last row's day and id. */
export function dayAndIdIn(cursor: string | undefined): { expiresOn: string; lotId: string } | undefined {
  const [expiresOn = '', lotId = ''] = Buffer.from(cursor ?? '', 'base64url')
    .toString()
    .split(' ')
  const isDay = /^\d{4}-\d\d-\d\d$/.test(expiresOn) && !Number.isNaN(Date.parse(expiresOn))
  return isDay && isUuid(lotId) ? { expiresOn, lotId } : undefined
}
export const dayAndIdOf = (lot: { expiresOn: string | null; lotId: string }) => `${lot.expiresOn} ${lot.lotId}`

/** A page from one row more than was asked for. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  idOf: (row: Row) => string,
  shape: (row: Row) => Item,
): { items: Item[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const more = rows.length > limit && last !== undefined
  return { items: shown.map(shape), nextCursor: more ? Buffer.from(idOf(last)).toString('base64url') : null }
}
