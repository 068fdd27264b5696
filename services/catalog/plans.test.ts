import { randomUUID } from 'node:crypto'
import { type Sql, sql } from '@souk/postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Setting, setting } from './fixtures.ts'
import { type After, endOfWalk, maxWalked, type ProductList, productSorts, productsOfList } from './lists.sql.ts'
import { tagFacet } from './product.ts'
import { findSought, productsSought, soughtFor } from './sought.sql.ts'
import { flashSales, salesOfList, salesOfShop } from './sales.sql.ts'

/** Enough that a plan which reads everything is dearer than one that walks an index, and is seen in the rows it read. */
const products = 50_000
const limit = 21
let s: Setting
const shopId = '00000000-0000-7000-8000-000000000001'
const category = '00000000-0000-7000-8000-0000000000ca'

// In SQL, because 50,000 products through the use case would take longer than all that is asked of them.
const stock = `
  insert into catalog.shops (shop_id, version, name, slug, status, currency)
    select ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 1, 'Shop', 'shop-' || n, 'open', 'EUR' from generate_series(1, 5000) n;
  insert into catalog.products (product_id, shop_id, version, slug, title, title_key, description, status, tags, category_ids,
      facets, options, pictures, currency, price_from_minor, listed, created_at, changed_at)
    select ('01900000-' || lpad(to_hex(n / 65536), 4, '0') || '-7' || lpad(to_hex(n % 4096), 3, '0') || '-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
      ('00000000-0000-7000-8000-' || lpad(to_hex(1 + n % 20), 12, '0'))::uuid, 1, 'p-' || n, 'Product ' || n, md5(n::text), 'Words',
      case when n % 10 = 0 then 'draft' when n % 10 = 1 then 'archived' else 'active' end, '{}', '{}',
      array[$1::uuid] || case when n % 500 = 7 then array[$2::uuid] else '{}' end,
      '[]', '[]', 'EUR', 100 + (n * 7919) % 90000, n % 10 > 1, now(), now()
    from generate_series(1, ${products}) n;
  insert into catalog.listings select facet, product_id, price_from_minor, title_key from catalog.products, unnest(facets) as facet where listed;
  insert into catalog.variants select ('01900000-0000-7000-9000-' || lpad(to_hex(row_number() over ()), 12, '0'))::uuid, product_id, shop_id,
    slug, '', '{}', price_from_minor, 1, true, 0 from catalog.products;
  insert into catalog.sale_windows select gen_random_uuid(), shop_id, product_id, gen_random_uuid(),
      case when n % 20 = 0 then 'planned' else 'ended' end, 1, 'EUR', at, at + interval '1 hour', 0, 1, n::text, '', gen_random_uuid(), now(), now(), now()
    from (select row_number() over () as n, timestamptz '2026-01-15 10:00Z' + (row_number() over () - 10000) * interval '1 minute' as at, * from catalog.products limit 20000) p;
  analyze catalog.shops, catalog.products, catalog.listings, catalog.variants, catalog.sale_windows`

beforeAll(async () => {
  s = await setting()
  for (const statement of stock.split(';\n'))
    await s.database.query(statement.replace('$1', `'${category}'`).replace('$2', `'${tagFacet('rare')}'`))
}, 120_000)
afterAll(() => s.database.close())

type Node = {
  'Node Type': string
  'Relation Name'?: string
  'Index Name'?: string
  'Plan Rows': number
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  'Rows Removed by Join Filter'?: number
  Plans?: Node[]
}

async function nodesOf(statement: Sql): Promise<Node[]> {
  // As the service itself, and planned for unknown parameters too: that is how prepared statements run after a while.
  const nodes: Node[] = []
  for (const mode of ['force_custom_plan', 'force_generic_plan']) {
    const [row] = await s.db.transaction(async (tx) => {
      await tx.run(sql`select set_config('plan_cache_mode', ${mode}, true)`)
      return tx.many<{ 'QUERY PLAN': [{ Plan: Node }] }>({
        ...statement,
        name: '',
        text: `explain (analyze, format json) ${statement.text}`,
      })
    })
    const collect = (node: Node) => {
      nodes.push(node)
      node.Plans?.forEach(collect)
    }
    if (row !== undefined) collect(row['QUERY PLAN'][0].Plan)
  }
  return nodes
}

const big = new Set(['products', 'listings', 'variants', 'prices', 'sale_windows'])

/** What a list may cost, however much there is: it walks indexes, sorts a page at most and reads `rows` rows at most. */
async function expectBounded(statement: Sql, rows: number, sorts = limit, byId = false): Promise<void> {
  const nodes = await nodesOf(statement)
  const read = (node: Node) =>
    (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Join Filter'] ?? 0)) *
    node['Actual Loops']
  for (const node of nodes) {
    const described = `${node['Node Type']} on ${node['Relation Name'] ?? '-'}: ${statement.text}`
    if (node['Node Type'] === 'Seq Scan') expect(big, described).not.toContain(node['Relation Name'])
    // A bitmap reads all that fits before the first row is known, except of rows that were named.
    if (!byId) expect(node['Node Type'], described).not.toBe('Bitmap Heap Scan')
    if (node['Node Type'].endsWith('Sort')) expect(read(node), described).toBeLessThanOrEqual(sorts)
    expect(read(node), described).toBeLessThanOrEqual(rows)
  }
}

const list = (given: Partial<ProductList>): ProductList => ({
  sort: 'newest',
  after: undefined,
  walk: { kind: 'all' },
  facets: [],
  minPriceMinor: undefined,
  maxPriceMinor: undefined,
  currency: undefined,
  openShopsOnly: true,
  ...given,
})

const walks: [string, Partial<ProductList>][] = [
  ['everything', {}],
  ['a category', { walk: { kind: 'facet', facet: category } }],
  ['a rare tag', { walk: { kind: 'facet', facet: tagFacet('rare') } }],
  ['what a shop shows', { walk: { kind: 'shop', shopId, statuses: ['active'] }, openShopsOnly: false }],
  ['the drafts of a shop', { walk: { kind: 'shop', shopId, statuses: ['draft'] }, openShopsOnly: false }],
  [
    'all that a shop has',
    { walk: { kind: 'shop', shopId, statuses: ['draft', 'active', 'archived'] }, openShopsOnly: false },
  ],
]

describe.each([...productSorts])('sorted by %s', (sort) => {
  const middle = async (walk: Partial<ProductList>): Promise<After> => {
    const key = sort === 'title' ? '8' : 45_000
    const id = '01900000-0000-7800-8000-000000006000'
    return { key: sort === 'newest' ? id : key, id: walk.walk?.kind === 'all' ? randomUUID() : id }
  }
  test.each(walks)('%s: a page is a range of one index', async (_, walk) => {
    await expectBounded(productsOfList(list({ ...walk, sort }), limit), 3 * limit + 1)
    await expectBounded(productsOfList(list({ ...walk, sort, after: await middle(walk) }), limit), 3 * limit + 1)
  })
  test.each(walks)('%s between two prices: never more than the rows it may walk', async (_, walk) => {
    const range = { minPriceMinor: 45_000, maxPriceMinor: 45_100 }
    await expectBounded(productsOfList(list({ ...walk, ...range, sort }), limit), 3 * maxWalked, maxWalked)
    await expectBounded(endOfWalk(list({ ...walk, ...range, sort })), 3 * maxWalked, maxWalked)
  })
  test('a rare tag within a category reads no more than it may walk', async () => {
    await expectBounded(
      productsOfList(list({ sort, walk: { kind: 'facet', facet: category }, facets: [tagFacet('rare')] }), limit),
      2 * maxWalked,
    )
  })
})

describe('looked for by words or article number in a shop', () => {
  const all = { kind: 'shop', shopId, statuses: ['draft', 'active', 'archived'] } as const
  test('few are found by the indexes, and nothing else of the shop or of others is read', async () => {
    // "product" is in all 50,000 titles; "4720" begins a word of eleven, two of them in this shop.
    const nodes = await nodesOf(productsSought(shopId, soughtFor('product 4720')))
    const named = nodes.flatMap((node) => node['Index Name'] ?? [])
    expect(named).toContain('products_by_words')
    expect(named).toContain('variants_of_shop_by_sku')
    for (const node of nodes) expect(node['Node Type']).not.toBe('Seq Scan')
    expect(await findSought(s.db.autocommit, shopId, soughtFor('4720'))).toHaveLength(2)
    expect(await findSought(s.db.autocommit, shopId, soughtFor('P-47'))).toHaveLength(55)
  })
  test.each([...productSorts])('sorted by %s, found ones or many: never more rows than may be walked', async (sort) => {
    const sought = soughtFor('product')
    const productIds = await findSought(s.db.autocommit, shopId, sought)
    const walk = { ...all, productIds }
    await expectBounded(productsOfList(list({ sort, walk }), limit), products / 20, products / 20, true)
    await expectBounded(productsOfList(list({ sort, walk: all, sought }), limit), 3 * maxWalked, maxWalked)
  })
})

describe('sales', () => {
  const now = new Date('2026-01-15T10:00:00Z')
  test('running, upcoming and past ones are ranges of an index', async () => {
    await expectBounded(salesOfList({ when: 'upcoming', shopId: undefined }, now, undefined, limit), limit)
    await expectBounded(salesOfList({ when: 'past', shopId: undefined }, now, undefined, limit), limit)
    // Those that have not begun are passed over: as many as are planned, which are hundreds.
    await expectBounded(salesOfList({ when: 'running', shopId: undefined }, now, undefined, limit), products / 50)
    await expectBounded(salesOfShop(shopId, undefined, limit), limit)
  })
  test('the flash sale reads what is planned, not what is over', async () =>
    expectBounded(flashSales(now, new Date(now.getTime() + 3_600_000), undefined, limit), products / 50))
})

test('a page of a product list is ready in milliseconds', async () => {
  const query = { category: undefined, sort: 'price', limit: 20 }
  const times: number[] = []
  for (let run = 0; run < 20; run += 1) {
    const startedAt = performance.now()
    expect((await s.call('listProducts', undefined, { query })).body.items).toHaveLength(20)
    times.push(performance.now() - startedAt)
  }
  expect(times.sort((a, b) => a - b)[10]).toBeLessThan(50)
})
