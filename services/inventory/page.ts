import { isUuid } from '@souk/postgres'
import { dayOf } from './lots.ts'

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
  const at = /^[12]\d{3}-\d\d-\d\d$/.test(expiresOn) ? new Date(expiresOn) : undefined
  // There is no 31st of February, and PostgreSQL would say so.
  const isDay = at !== undefined && !Number.isNaN(at.getTime()) && dayOf(at) === expiresOn
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
