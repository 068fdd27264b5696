import { describe, expect, test } from 'vitest'
import { parseMapping, placesIn } from './mapping.ts'

const whole = 'number=No,date=Day,product=Code,quantity=Qty,price=Price,currency=EUR,date-format=dd.MM.yyyy'
const files: Record<string, string> = {
  'laden.yaml': `# Export of the till
number: "Beleg Nr"   # as printed
date: Datum
product: Artikel
quantity: Menge
price: Preis
currency: EUR
date-format: dd.MM.yyyy
decimal: comma
services: [PORTO, "MANUELLE BUCHUNG"]
`,
  'laden.json': JSON.stringify({
    number: 'Beleg Nr',
    date: 'Datum',
    product: 'Artikel',
    quantity: 'Menge',
    price: 'Preis',
    currency: 'EUR',
    'date-format': 'dd.MM.yyyy',
    decimal: 'comma',
    services: ['PORTO', 'MANUELLE BUCHUNG'],
  }),
  'broken.yaml': 'number Beleg',
  'broken.json': '{"number": ',
}
const parse = (given: string) =>
  parseMapping(given, (path) => {
    if (files[path] === undefined) throw new Error('ENOENT')
    return files[path]
  })

describe('a mapping', () => {
  test('is a preset, a file or pairs, and later ones win', () => {
    expect(parse('invoice-lines').columns.product).toBe('StockCode')
    expect(parse('invoice-lines,product=SKU,currency=EUR')).toMatchObject({
      columns: { product: 'SKU' },
      currency: 'EUR',
    })
    expect(parse('laden.yaml,decimal=point').decimal).toBe('point')
  })

  test('reads the same from YAML and JSON', () => {
    const expected = {
      columns: { number: 'Beleg Nr' },
      decimal: 'comma',
      services: new Set(['PORTO', 'MANUELLE BUCHUNG']),
    }
    expect(parse('laden.yaml')).toMatchObject(expected)
    expect(parse('laden.json')).toMatchObject(expected)
  })

  test('can take the currency from a column', () => {
    expect(parse(`${whole},currency=column:Cur`)).toMatchObject({ currency: undefined, columns: { currency: 'Cur' } })
  })

  test('names everything that is wrong with it at once', () => {
    const told = () => parse('number=No,colour=blue,decimal=dot,currency=Euro,date-format=yyyy')
    for (const fault of [
      'colour is not a setting',
      'decimal=dot must be one of point, comma',
      'currency=Euro is neither a currency',
      'yyyy has no M',
      'product is missing: column with the article number',
    ])
      expect(told).toThrow(fault)
  })

  test('says where a file of it cannot be read', () => {
    expect(() => parse('nowhere')).toThrow('no preset and no file nowhere. Presets: invoice-lines')
    expect(() => parse('broken.yaml')).toThrow('line 1: expected `name: value`')
    expect(() => parse('broken.json')).toThrow('is not JSON')
  })
})

describe('a mapping meets a file', () => {
  test('columns are found whatever their case', () => {
    expect(placesIn(['no', 'Day', 'Code', 'Qty', 'Price'], parse(whole))).toMatchObject({
      number: 0,
      price: 4,
      customer: -1,
    })
  })

  test('columns that are not there are named, with those that are', () => {
    expect(() => placesIn(['No', 'Day', 'Code', 'Price'], parse(whole))).toThrow(
      /quantity: there is no column Qty\nThe file has: No, Day, Code, Price/,
    )
    expect(() => placesIn(['No;Day;Code'], parse(whole))).toThrow('is the delimiter right?')
  })
})
