import { parse } from 'csv-parse/sync'
import { describe, expect, test } from 'vitest'
import { readProducts } from './product-csv.ts'

const lamp = ['lamp,Lamp,active,L-1,24.50,desk; warm,colour=red; size=small', 'lamp,Lamp,active,L-2,26,,colour=blue']
const head = 'slug,title,status,sku,price,tags,options'
const read = (lines: readonly string[]) => readProducts(lines.join('\n'), 'EUR', parse)

describe('a table of products', () => {
  test('becomes products with their variants; tags and options keep their semicolons', () => {
    const { products, faults } = read([head, ...lamp])
    expect(faults).toEqual([])
    expect(products).toMatchObject([
      {
        slug: 'lamp',
        tags: ['desk', 'warm'],
        variants: [
          { sku: 'L-1', priceMinor: 2450, options: { colour: 'red', size: 'small' } },
          { sku: 'L-2', priceMinor: 2600 },
        ],
      },
    ])
  })

  test('may be parted by semicolons or tabs, as spreadsheets write it in some countries', () => {
    for (const delimiter of [';', '\t']) {
      const quoted = (line: string) =>
        line
          .split(',')
          .map((cell) => `"${cell}"`)
          .join(delimiter)
      expect(read([head, ...lamp].map(quoted)).products).toEqual(read([head, ...lamp]).products)
    }
  })

  test('that has lines which will not do names them, and gives the others', () => {
    const { products, faults } = read([
      head,
      lamp[0] ?? '',
      'x,X,active,X-1,much,,',
      'y,,active,Y-1,1,,',
      'z,Z,gone,Z-1,1,,',
    ])
    expect(products.map(({ slug }) => slug)).toEqual(['lamp'])
    expect(faults.map(({ line }) => line)).toEqual([3, 4, 5])
  })

  test('that is none says so', () => {
    expect(read(['"']).faults).toHaveLength(1)
    expect(read(['PK\u0003\u0004']).products).toEqual([])
  })
})
