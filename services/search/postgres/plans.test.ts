import { type Database, type Sql, sql } from '@souk/postgres'
import { testDatabase, type TestDatabase } from '@souk/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aQuery } from '../engine.conformance.ts'
import { maxCounted, sorts } from '../engine.ts'
import { search } from '../index.ts'
import { byIndexOnly, currencyFacet } from './documents.sql.ts'
import { postgresEngine } from './engine.ts'
import { anyMatch, countedMatches, endOfWalk, maxWalked, titlesBeginning, walkedMatches } from './find.sql.ts'

/** Enough that reading them all is dearer than any index, and is seen in the rows that were read. */
const products = 30_000
const shop = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`
const category = '00000000-0000-7000-9000-00000000000c'
let database: TestDatabase
let db: Database

// In SQL, because through the use case it would take longer than all that is asked of them. Every product is a "thing";
// one in a hundred is rare, in a category; one in 3,000 is unique.
const stock = `
  insert into search.documents (generation, product_id, mark, shop_id, title, title_key, facets, category_ids, price_minor, currency,
      rating_tenths, rating_key, available, score, words, card)
    select 0, ('01900000-' || lpad(to_hex(n / 65536), 4, '0') || '-7' || lpad(to_hex(n % 4096), 3, '0') || '-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
      1, s.id, t.title, lower(t.title),
      array[s.id, '${currencyFacet('EUR')}'::uuid] || case when n % 100 = 7 then array['${category}'::uuid] else '{}' end, '{}',
      100 + (n * 7919) % 90000, 'EUR', n % 51, 3500 + n % 1500, n % 5 > 0, n % 10000,
      setweight(to_tsvector('search.words_plain', t.title), 'A') || setweight(to_tsvector('search.words_plain', 'said of number ' || n), 'D'),
      '{}'
    from generate_series(1, ${products}) n,
      lateral (select ('00000000-0000-7000-8000-' || lpad((n % 400)::text, 12, '0'))::uuid as id) s,
      lateral (select 'Thing ' || case when n % 100 = 7 then 'rare ' else '' end || case when n % 3000 = 1 then 'unique ' else '' end || md5(n::text) as title) t;
  insert into search.words select substr(md5(n::text), 1, 4 + n % 8), n % 100 from generate_series(1, 30000) n on conflict do nothing;
  insert into search.words values ('umbrella', 10);
  analyze search.documents, search.words`

beforeAll(async () => {
  database = await testDatabase([search])
  db = database.open('search')
  for (const statement of stock.split(';\n')) await database.query(statement)
}, 120_000)
afterAll(() => database.close())

type Node = {
  'Node Type': string
  'Index Name'?: string
  'Actual Rows': number
  'Actual Loops': number
  'Relation Name'?: string
  Plans?: Node[]
}

/** What was read, and how, as in a search: found by indexes only. */
const planOf = (statement: Sql) =>
  db.transaction(async (tx) => {
    await tx.one(byIndexOnly)
    const [row] = await tx.many<{ 'QUERY PLAN': { Plan: Node; 'Execution Time': number }[] }>(
      sql`explain (analyze, format json, timing off) ${statement}`,
    )
    const plan = row?.['QUERY PLAN'][0]
    const nodes: Node[] = []
    const collect = (node: Node) => {
      nodes.push(node)
      for (const inner of node.Plans ?? []) collect(inner)
    }
    collect(plan?.Plan as Node)
    const scans = nodes.filter(
      (node) => node['Relation Name']?.startsWith('documents') || node['Index Name'] !== undefined,
    )
    return {
      kinds: scans.map((node) => node['Node Type']),
      indexes: scans.flatMap((node) => node['Index Name'] ?? []),
      rows: Math.max(
        0,
        ...scans
          .filter((node) => !node['Node Type'].startsWith('Bitmap Index'))
          .map((node) => node['Actual Rows'] * node['Actual Loops']),
      ),
      ms: plan?.['Execution Time'] ?? 0,
    }
  })

describe('plans of a search', () => {
  test('words, ids and both together are looked up in the inverted index, whatever the order asked for', async () => {
    for (const sort of sorts)
      for (const [words, given, most] of [
        ["'unique'", {}, 10],
        ["'unique' & 'rare'", {}, 10],
        ["'rare'", { categoryId: category }, 300],
        [null, { categoryId: category }, 300],
        [null, { shopId: shop(7) }, 150],
        ["'thing'", { shopId: shop(7), currency: 'EUR', minPriceMinor: 500, maxPriceMinor: 50_000 }, 150],
      ] as const) {
        const plan = await planOf(countedMatches(0, aQuery('', { ...given, sort, withFacets: true }), words))
        const what = `${words} ${JSON.stringify(given)} by ${sort}: ${JSON.stringify(plan)}`
        expect(
          plan.indexes.some((name) => name.includes('words_facets')),
          what,
        ).toBe(true)
        expect(plan.kinds, what).not.toContain('Seq Scan')
        expect(plan.rows, what).toBeLessThanOrEqual(most)
      }
  })
  test('of a word that everything has, no more than are counted are read', async () => {
    const plan = await planOf(countedMatches(0, aQuery('', { withFacets: true }), "'thing'"))
    expect(plan.kinds).not.toContain('Seq Scan')
    expect(plan.rows).toBeLessThanOrEqual(maxCounted + 1)
  })
  test('more matches than are counted are listed along the index of the sort, as far as a walk goes', async () => {
    for (const sort of sorts)
      for (const after of [
        undefined,
        { key: 3_000, productId: '01900000-0000-7500-8000-000000004000', walked: true },
      ]) {
        const query = aQuery('', { sort, after })
        const plans = [
          await planOf(walkedMatches(0, query, "'thing'")),
          await planOf(walkedMatches(0, query, "'absent'")),
          await planOf(endOfWalk(0, query)),
        ]
        for (const plan of plans) {
          expect(
            plan.kinds.filter((kind) => !/Index/.test(kind)),
            `${sort} ${JSON.stringify(plan)}`,
          ).toEqual([])
          expect(plan.rows).toBeLessThanOrEqual(maxWalked)
        }
        expect(plans[0]?.rows).toBeLessThanOrEqual(30)
      }
  })
  test('titles are found by their beginning, and whether anything is found at all without finding everything', async () => {
    const begun = await planOf(titlesBeginning(0, 'thing rare', 5, []))
    expect(begun.indexes.join()).toMatch(/title_key/)
    expect(begun.rows).toBeLessThanOrEqual(200)
    expect((await planOf(anyMatch(0, "'thing' & 'rare'"))).rows).toBeLessThanOrEqual(1)
  })
  test('words like a mistyped one are found by what they have in common', async () => {
    const { rows } = await db.transaction(async (tx) => {
      await tx.one(byIndexOnly)
      const found = await tx.many<{ 'QUERY PLAN': { Plan: Node }[] }>(
        sql`explain (analyze, format json) select word from words where word operator(%) 'umbrela' limit 2000`,
      )
      return { rows: JSON.stringify(found) }
    })
    expect(rows).toContain('words_alike')
    expect(await postgresEngine(db).correct(['umbrela'])).toEqual(['umbrella'])
  })
  test('a search takes no longer than its bounds allow', async () => {
    const engine = postgresEngine(db)
    for (const words of ['unique', 'rare', 'thing', 'thing rare'])
      for (const sort of sorts) {
        const began = performance.now()
        const { hits, total } = await engine.search(aQuery(words, { sort, withFacets: true }))
        expect(hits.length).toBeGreaterThan(9)
        if (words === 'thing') expect(total).toEqual({ count: maxCounted, exact: false })
        // 20 to 60 ms on a machine with nothing else to do; tests share theirs.
        expect(performance.now() - began, `${words} by ${sort}`).toBeLessThan(1_500)
      }
  })
  test('everybody’s word is listed page after page, each product once', async () => {
    const engine = postgresEngine(db)
    for (const sort of sorts) {
      const seen = new Set<string>()
      let after: Parameters<typeof aQuery>[1] = {}
      for (let page = 0; page < 6; page += 1) {
        const { hits, next } = await engine.search(aQuery('thing', { sort, limit: 50, ...after }))
        for (const hit of hits) {
          expect(seen.has(hit.productId)).toBe(false)
          seen.add(hit.productId)
        }
        after = { after: next }
      }
      expect(seen.size).toBe(300)
    }
  })
})
