import type { Product } from '@souk/sdk'
import { moneyForInput, parseMoney } from '@souk/ui'

export const columns = [
  'slug',
  'title',
  'description',
  'status',
  'tags',
  'sku',
  'options',
  'price',
  'currency',
  'sells',
] as const

/** A product as lines of a table, a line for each variant. What belongs to the product stands on each. */
export const linesOf = (product: Product): string[][] =>
  product.variants.map((variant) => [
    product.slug,
    product.title,
    product.description,
    product.status,
    product.tags.join('; '),
    variant.sku,
    Object.entries(variant.options)
      .map(([name, value]) => `${name}=${String(value)}`)
      .join('; '),
    moneyForInput(variant.priceMinor, product.currency),
    product.currency,
    variant.active ? 'yes' : 'no',
  ])

export type ReadVariant = { sku: string; options: Record<string, string>; priceMinor: number; active: boolean }
export type ReadProduct = {
  slug: string
  title: string
  description: string
  status: 'draft' | 'active' | 'archived'
  tags: string[]
  variants: ReadVariant[]
}
export type CsvFault = { line: number; why: string }

type Parse = (text: string, options: object) => unknown

/** Read such a table. Lines that cannot be used are named with what is wrong; the others are used. */
export function readProducts(
  text: string,
  currency: string,
  parse: Parse,
): { products: ReadProduct[]; faults: CsvFault[] } {
  const faults: CsvFault[] = []
  const products = new Map<string, ReadProduct>()
  let records: { record: Record<string, string>; info: { lines: number } }[]
  try {
    const options = {
      columns: true,
      bom: true,
      trim: true,
      skip_empty_lines: true,
      info: true,
      relax_column_count: true,
    }
    records = parse(text, { ...options, delimiter: delimiterOf(text) }) as typeof records
  } catch (error) {
    return { products: [], faults: [{ line: 1, why: `This is no CSV: ${(error as Error).message}` }] }
  }
  for (const { record, info } of records) {
    const fault = (why: string) => faults.push({ line: info.lines, why })
    // A cell made safe for spreadsheets begins with an apostrophe.
    const word = (name: (typeof columns)[number]) => (record[name] ?? '').replace(/^'(?=[=+\-@])/, '')
    const [sku, title, status] = [word('sku'), word('title'), word('status') || 'draft']
    const priceMinor = parseMoney(word('price'), currency)
    if (sku === '') fault('It has no sku.')
    else if (title === '') fault('It has no title.')
    else if (priceMinor === undefined) fault(`“${word('price')}” is no price in ${currency}. Write it like 19.99.`)
    else if (word('currency') !== '' && word('currency') !== currency)
      fault(`This shop sells in ${currency}, not in ${word('currency')}.`)
    else if (!isStatus(status)) fault(`“${status}” is no state: draft, active or archived.`)
    else {
      const slug = word('slug') || slugOf(title)
      const product = products.get(slug) ?? {
        slug,
        title,
        description: word('description'),
        status,
        tags: listOf(word('tags')),
        variants: [],
      }
      products.set(slug, product)
      if (product.variants.some((variant) => variant.sku === sku)) fault(`The sku ${sku} stands here a second time.`)
      else
        product.variants.push({
          sku,
          options: optionsOf(word('options')),
          priceMinor,
          active: !/^(no|false|0)$/i.test(word('sells')),
        })
    }
  }
  return { products: [...products.values()].filter(({ variants }) => variants.length > 0), faults }
}

/** What parts the names in the first line: tags and options hold semicolons of their own. */
function delimiterOf(text: string): string {
  const [names = ''] = text.split(/\r?\n/, 1)
  const parts = (delimiter: string) => names.split(delimiter).length
  return [',', ';', '\t'].reduce((best, each) => (parts(each) > parts(best) ? each : best))
}

const isStatus = (word: string): word is ReadProduct['status'] => ['draft', 'active', 'archived'].includes(word)
const listOf = (text: string): string[] =>
  text
    .split(';')
    .map((each) => each.trim())
    .filter(Boolean)
const optionsOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    listOf(text)
      .map((pair) => pair.split('='))
      .map(([name = '', ...value]) => [name.trim(), value.join('=').trim()]),
  )

export const slugOf = (title: string): string =>
  title
    .normalize('NFKD')
    .replaceAll(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 80)
