import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addsUp } from './check.ts'
import { header, importWorld } from './test-import.ts'
import { inspectFile } from './source-file.ts'

let world: Awaited<ReturnType<typeof importWorld>>
beforeAll(async () => {
  world = await importWorld()
})
afterAll(() => world.close())

const line = (number: string, code: string, quantity: number, price: string, more: Record<string, string> = {}) =>
  [
    number,
    code,
    more.title ?? 'A THING',
    quantity,
    more.date ?? '2011-10-06 16:20:00',
    price,
    more.customer ?? '12923.0',
    'France',
  ].join(',')

describe('importing orders', () => {
  test('the lines of an order may lie anywhere, and codes that differ in case are one product', async () => {
    const shopId = await world.shop()
    const path = await world.file([
      header,
      line('1001', '85123a', 2, '2.55'),
      line('1002', '71053', 6, '3.39', { customer: '17850' }),
      line('1001', '85123A', 1, '2.95', { date: '2011-10-06 16:21:00' }),
      line('1001', 'POST', 1, '18'),
    ])
    const report = await world.run(path, shopId)
    expect(report).toMatchObject({ lines: 4, orders: 2, orderLines: 4, rejected: 0, products: 3, customers: 2 })
    const orders = await world.orders(shopId)
    expect(orders.get('1001')).toMatchObject({
      status: 'delivered',
      totalMinor: 2 * 255 + 295 + 1_800,
      path: ['placed', 'confirmed', 'shipped', 'delivered'],
      lines: [
        ['85123A', 2, 255],
        ['85123A', 1, 295],
        ['POST', 1, 1_800],
      ],
      customer: 'Customer 12923',
    })
    expect(orders.get('1002')?.customer).toBe('Customer 17850')
    expect(addsUp(report.rows)).toBe(true)
  })

  test('what was only given away, and services, are not for sale afterwards; goods are', async () => {
    const shopId = await world.shop()
    await world.run(
      await world.file([
        header,
        line('1', 'GIFT', 1, '0.0', { title: '' }),
        line('1', 'DOT', 1, '9.95'),
        line('1', 'CUP', 1, '1'),
      ]),
      shopId,
    )
    const rows = await world.query<{ sku: string; status: string; title: string }>(
      'select v.sku, p.status, p.title from catalog.products p join catalog.variants v using (product_id) where p.shop_id = $1 order by 1',
      [shopId],
    )
    expect(rows).toEqual([
      { sku: 'CUP', status: 'active', title: 'A THING' },
      { sku: 'DOT', status: 'draft', title: 'A THING' },
      { sku: 'GIFT', status: 'draft', title: 'GIFT' },
    ])
  })

  test('orders of customers nobody knows belong to one unknown customer of the shop', async () => {
    const shopId = await world.shop()
    const report = await world.run(
      await world.file([
        header,
        line('1', 'CUP', 1, '1', { customer: '' }),
        line('2', 'CUP', 1, '1', { customer: '' }),
      ]),
      shopId,
    )
    expect(report.customers).toBe(1)
    expect([...(await world.orders(shopId)).values()].map(({ customer }) => customer)).toEqual([
      'Unknown customer',
      'Unknown customer',
    ])
  })

  test('an order of 600 lines is imported whole, one of more than 1,000 not at all', async () => {
    const shopId = await world.shop()
    const many = (number: string, count: number) =>
      Array.from({ length: count }, (_, index) => line(number, `P${index % 50}`, 1, '1.10'))
    const report = await world.run(await world.file([header, ...many('600', 600), ...many('1001', 1_001)]), shopId)
    expect(report).toMatchObject({ orders: 1, orderLines: 600, rejected: 1_001 })
    expect(report.rejects[0]).toMatchObject({ field: 'number', reason: 'an order has 1,000 lines at most' })
    expect(addsUp(report.rows)).toBe(true)
  })
})

describe('cancellations', () => {
  test('what was taken back whole was cancelled, what in part was returned, wherever it stands in the file', async () => {
    const shopId = await world.shop()
    const report = await world.run(
      await world.file([
        header,
        line('C3', 'CUP', -2, '2.50', { date: '2011-11-02 09:00:00' }),
        line('1', 'CUP', 2, '2.50'),
        line('2', 'CUP', 5, '2.50', { customer: '7' }),
        line('2', 'POT', 1, '9.00', { customer: '7' }),
        line('C4', 'cup', -3, '2.50', { customer: '7', date: '2011-11-03 09:00:00' }),
      ]),
      shopId,
    )
    const orders = await world.orders(shopId)
    expect(orders.get('1')).toMatchObject({ status: 'cancelled', path: ['placed', 'cancelled'], returnedMinor: 0 })
    expect(orders.get('2')).toMatchObject({
      status: 'delivered',
      path: ['placed', 'confirmed', 'shipped', 'delivered', 'returned'],
      totalMinor: 2_150,
      returnedMinor: 750,
    })
    expect(report).toMatchObject({ orders: 2, cancelled: 1, returnedLines: 2, rejected: 0 })
    expect(report.rows).toMatchObject([
      { month: '2011-10', sourceMinor: 2_650, soldMinor: 2_650, returnedMinor: 0 },
      { month: '2011-11', sourceMinor: -1_250, soldMinor: 0, returnedMinor: 1_250 },
    ])
  })

  test('units are taken back once: what exceeds the order, comes before it, or is another customer’s is rejected', async () => {
    const shopId = await world.shop()
    const report = await world.run(
      await world.file([
        header,
        line('1', 'CUP', 3, '2.50'),
        line('C1', 'CUP', -2, '2.50', { date: '2011-11-01 09:00:00' }),
        line('C2', 'CUP', -2, '2.50', { date: '2011-11-02 09:00:00' }),
        line('C3', 'CUP', -1, '2.50', { date: '2011-01-01 09:00:00' }),
        line('C4', 'CUP', -1, '2.50', { customer: '99', date: '2011-11-02 09:00:00' }),
        line('C5', 'CUP', -1, '2.60', { date: '2011-11-02 09:00:00' }),
        line('C6', 'CUP', -1, '2.50', { customer: '', date: '2011-11-02 09:00:00' }),
      ]),
      shopId,
    )
    expect(report.rejects.map(({ line: at, field }) => [at, field])).toEqual([
      [4, 'number'],
      [5, 'number'],
      [6, 'number'],
      [7, 'number'],
      [8, 'customer'],
    ])
    expect(report.rejects[0]?.reason).toBe(
      'no earlier order of customer 12923 has 2 of CUP left to take back at this price',
    )
    expect(addsUp(report.rows)).toBe(true)
  })
})

describe('what cannot be imported', () => {
  test('is rejected line by line, with what is wrong, and the sums agree all the same', async () => {
    const shopId = await world.shop()
    const path = await world.file([
      header,
      line('1', 'CUP', 1, '2.50', { title: '"A ""thing"", with\na line break"' }),
      line('2', 'CUP', -5, '0.0'),
      line('3', 'B', 1, '-11062.06'),
      line('4', 'CUP', 1, '0.001'),
      line('5', 'CUP', 1, 'free'),
      line('6', 'CUP', 0, '1.00'),
      line('7', '', 1, '1.00'),
      line('', 'CUP', 1, '1.00'),
      line('8', 'CUP', 1, '1.00', { date: '2011-02-30 10:00:00' }),
      line('C9', 'CUP', 1, '1.00'),
      Buffer.concat([Buffer.from('10,CUP,'), Buffer.from([0xa3]), Buffer.from(',1,2011-10-06 16:20:00,1.00,7,France')]),
      line('1', 'CUP', 1, '1.00', { customer: '7' }),
      line('1', 'CUP', 1, '1.00', { date: '2011-10-09 16:20:00' }),
      '11,CUP,CUT OF',
    ])
    const report = await world.run(path, shopId)
    expect(report.rejects.map(({ line: at, field, reason }) => `${at} ${field} ${reason}`)).toEqual([
      '4 quantity is negative, and the number is not that of a cancellation',
      '5 price is negative: a correction of accounts, not a sale',
      '6 price has more than 2 decimals, which the currency does not have',
      '7 price is not an amount with a decimal point',
      '8 quantity is 0',
      '9 product is empty',
      '10 number is empty',
      '11 date is not a date like yyyy-MM-dd HH:mm:ss or yyyy-MM-dd HH:mm or M/d/yyyy H:mm',
      '12 quantity is positive in a cancellation',
      '13 line is not UTF-8; if all of the file is written so, say encoding=latin1',
      '14 customer the number belongs to an order of 12923',
      '15 date the number was used on another day',
      '16 line has 3 fields, the header has 8',
    ])
    expect(report.rejects[1]?.raw).toBe('3,B,A THING,1,2011-10-06 16:20:00,-11062.06,12923.0,France')
    expect(report).toMatchObject({ lines: 14, orders: 1, orderLines: 1, rejected: 13, known: 0 })
    expect(addsUp(report.rows)).toBe(true)
  })

  test('a file written with decimal commas, semicolons and German dates is read the same', async () => {
    const shopId = await world.shop()
    const report = await world.run(
      await world.file([
        '\ufeffBeleg;Artikel;Menge;Datum;Preis;Kunde',
        'R1;TASSE;2;06.10.2026 16:20;1.234,50;K-7',
        'R2;TASSE;-1;07.10.2026 16:20;1.234,50;K-7',
      ]),
      shopId,
      'number=Beleg,product=Artikel,quantity=Menge,date=Datum,price=Preis,customer=Kunde,currency=EUR,date-format=dd.MM.yyyy HH:mm,decimal=comma,delimiter=semicolon,cancel-negative=yes,time-zone=Europe/Berlin',
    )
    expect(report).toMatchObject({ orders: 1, returnedLines: 1, rejected: 0 })
    expect(report.rows).toMatchObject([
      { month: '2026-10', currency: 'EUR', sourceMinor: 123_450, soldMinor: 246_900, returnedMinor: 123_450 },
    ])
  })

  test('a packed file that breaks off is refused before anything is imported', async () => {
    const path = await world.file(
      [header, ...Array.from({ length: 500 }, (_, at) => line(String(at), 'CUP', at, '1'))],
      'a.csv.gz',
    )
    await writeFile(path, (await readFile(path)).subarray(0, 1_500))
    await expect(inspectFile(path)).rejects.toThrow(/is broken after .* nothing was imported/)
  })

  test('a quotation mark that is never closed is named with its place', async () => {
    const shopId = await world.shop()
    const path = await world.file([
      header,
      line('1', 'CUP', 1, '1'),
      '2,CUP,"never closed,1,2011-10-06 16:20:00,1,7,France',
    ])
    await expect(world.run(path, shopId)).rejects.toThrow('opens behind line 2 is not closed')
  })
})

describe('an import may be repeated', () => {
  const some = [
    header,
    ...Array.from({ length: 9_000 }, (_, at) => line(String(at % 3_000), `P${at % 70}`, 1 + (at % 3), '1.25')),
    line('C1', 'P1', -1, '1.25', { date: '2011-12-01 10:00:00' }),
  ]
  const books = (shopId: string) =>
    world.query(
      `select count(*) as orders, sum(total_minor) as minor, sum(version) as versions,
        (select count(*) from orders.returns where shop_id = $1) as returns,
        (select count(*) from catalog.products where shop_id = $1) as products,
        (select count(*) from identity.accounts where email like '%' || $1) as customers
      from orders.orders where shop_id = $1`,
      [shopId],
    )

  test('importing twice changes nothing and answers the same', async () => {
    const shopId = await world.shop()
    const path = await world.file(some)
    const first = await world.run(path, shopId)
    const before = await books(shopId)
    const packed = await world.file(some, 'the-same.csv.gz')
    const second = await world.run(packed, shopId)
    expect({ ...second, seconds: 0 }).toEqual({ ...first, before: true, seconds: 0 })
    expect(await books(shopId)).toEqual(before)
  })

  test('another file with the same orders adds none; lines they do not have are rejected', async () => {
    const shopId = await world.shop()
    await world.run(await world.file(some), shopId)
    const before = await books(shopId)
    const report = await world.run(await world.file([...some, line('1', 'NEW', 1, '5.00')]), shopId)
    expect(report).toMatchObject({ orders: 0, known: 9_001, rejected: 1, before: false })
    expect(report.rejects[0]?.reason).toBe('an earlier import made this order, without this line')
    expect(addsUp(report.rows)).toBe(true)
    expect(await books(shopId)).toMatchObject([{ ...before[0], products: String(Number(before[0]?.products) + 1) }])
  })

  test('interrupted after every step, it ends with what an undisturbed one ends with', async () => {
    const undisturbed = await world.shop()
    const path = await world.file(some)
    const expected = await world.run(path, undisturbed)
    const shopId = await world.shop()
    for (let runs = 0; ; runs += 1) {
      let steps = 0
      const onStep = () => {
        steps += 1
        if (steps > 2 + (runs % 6)) throw new Error('killed')
      }
      const report = await world.run(path, shopId, 'invoice-lines', { onStep }).catch((error: Error) => error)
      if (!(report instanceof Error)) {
        expect(runs).toBeGreaterThan(3)
        expect({ ...report, importId: '', seconds: 0 }).toEqual({ ...expected, importId: '', seconds: 0 })
        break
      }
      expect(report.message).toBe('killed')
    }
    expect(await books(shopId)).toEqual(await books(undisturbed))
  })
})

test('what an abandoned import had kept is forgotten after a week, and its orders are known when the file comes again', async () => {
  const shopId = await world.shop()
  const path = await world.file([header, line('1', 'CUP', 1, '1'), line('2', 'CUP', 2, '1')])
  let steps = 0
  const onStep = () => {
    steps += 1
    if (steps > 4) throw new Error('given up')
  }
  await expect(world.run(path, shopId, 'invoice-lines', { onStep })).rejects.toThrow('given up')
  await world.query(`update orders.imports set started_at = now() - interval '8 days' where shop_id = $1`, [shopId])
  const report = await world.run(path, shopId)
  expect(report.orders + report.known).toBe(2)
  expect((await world.orders(shopId)).size).toBe(2)
  const [row] = await world.query(
    `select (select count(*) from orders.imports where shop_id = $1) as imports,
      (select count(*) from orders.import_lines l where not exists (select from orders.imports i where i.import_id = l.import_id)) as lines`,
    [shopId],
  )
  expect(row).toEqual({ imports: '1', lines: '0' })
})

test('after all of this the books balance', async () => {
  expect(await world.unsound()).toEqual([])
})
