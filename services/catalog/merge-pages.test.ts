import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type After, productSorts } from './lists.sql.ts'
import { compareAfter, mergePages, type Page } from './merge-pages.ts'

type Row = { key: number | string; productId: string }
const afterOf = (row: Row): After => ({ key: row.key, id: row.productId })

/** A shard as the database is: sorted, walking so many rows at most and showing those that pass the filter. */
function shardPage(
  rows: readonly Row[],
  sort: (typeof productSorts)[number],
  after: After | undefined,
  limit: number,
  walk: number,
  passes: (row: Row) => boolean,
): Page<Row> {
  const walked = rows
    .filter((row) => after === undefined || compareAfter(sort, afterOf(row), after) > 0)
    .sort((a, b) => compareAfter(sort, afterOf(a), afterOf(b)))
    .slice(0, walk)
  const found = walked.filter(passes)
  const last = found[limit - 1]
  if (found.length > limit && last !== undefined) return { rows: found.slice(0, limit), next: afterOf(last) }
  const end = walked.at(-1)
  return { rows: found, next: walked.length === walk && end !== undefined ? afterOf(end) : undefined }
}

const shards = fc.array(fc.array(fc.tuple(fc.nat(9), fc.uuid()), { maxLength: 30 }), { minLength: 1, maxLength: 4 })

test('pages of several shards hold every product once, in order, wherever the shards stop', () =>
  fc.assert(
    fc.property(
      shards,
      fc.constantFrom(...productSorts),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 6, max: 9 }),
      (given, sort, limit, walk) => {
        const rowOf = ([key, productId]: [number, string]): Row => ({
          productId,
          key: sort === 'newest' ? productId : sort === 'title' ? `t${key}` : key,
        })
        const all = given.map((rows) => rows.map(rowOf))
        const passes = (row: Row) => row.productId.charCodeAt(0) % 2 === 0
        const seen: Row[] = []
        let after: After | undefined
        do {
          const page: Page<Row> = mergePages(
            all.map((rows) => shardPage(rows, sort, after, limit, walk, passes)),
            sort,
            limit,
          )
          expect(page.rows.length).toBeLessThanOrEqual(limit)
          seen.push(...page.rows)
          after = page.next
        } while (after !== undefined)
        expect(seen).toEqual(
          all
            .flat()
            .filter(passes)
            .sort((a, b) => compareAfter(sort, afterOf(a), afterOf(b))),
        )
      },
    ),
  ))
