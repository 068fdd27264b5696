import type { After, ProductSort } from './lists.sql.ts'

export type Page<Row> = { rows: readonly Row[]; next: After | undefined }

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

/** The order the database lists in: text by its bytes, ids as they are written. */
export function compareAfter(sort: ProductSort, a: After, b: After): number {
  const ids = byBytes(a.id, b.id)
  if (sort === 'newest') return -ids
  const keys = typeof a.key === 'number' ? a.key - (b.key as number) : byBytes(a.key, b.key as string)
  const order = keys === 0 ? ids : keys
  return sort === 'price-desc' ? -order : order
}

/**
 * One page from those of several shards. A shard that stopped early vouches only for what comes before the place it
 * stopped at, so nothing behind the first such place is shown yet.
 */
export function mergePages<Row extends { key: string | number; productId: string }>(
  pages: readonly Page<Row>[],
  sort: ProductSort,
  limit: number,
): Page<Row> {
  const [only] = pages
  if (pages.length === 1 && only !== undefined) return only
  const afterOf = (row: Row): After => ({ key: row.key, id: row.productId })
  const stops = pages.flatMap(({ next }) => next ?? []).sort((a, b) => compareAfter(sort, a, b))
  const [horizon] = stops
  const sure = pages
    .flatMap(({ rows }) => rows)
    .filter((row) => horizon === undefined || compareAfter(sort, afterOf(row), horizon) <= 0)
    .sort((a, b) => compareAfter(sort, afterOf(a), afterOf(b)))
  const rows = sure.slice(0, limit)
  const last = rows.at(-1)
  return { rows, next: sure.length > limit && last !== undefined ? afterOf(last) : horizon }
}
