import { sql } from '@souk/postgres'
import { testDatabase } from '@souk/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { inventory } from './index.ts'
import { setIssueRule, setShopIssueRule } from './lots.sql.ts'
import { shopWithLots } from './test-goods.ts'
import { counted } from './test-inventory.ts'

const database = await testDatabase([inventory])
const { shards, sent } = counted(database.open('inventory', { maxConnections: 10 }))
afterAll(() => database.close())

const bakery = () =>
  shopWithLots(shards, {
    keeps: { units: 10 },
    late: { units: 5, expiresOn: '2026-12-24' },
    soon: { units: 5, expiresOn: '2026-11-23' },
  })

describe('setting goods apart for orders', () => {
  test('takes the lot that expires first', async () => {
    const inv = await bakery()
    const order = inv.order(7)
    expect(await inv.assign(order)).toEqual([{ orderId: order.orderId, assigned: true }])
    expect(await inv.lots()).toEqual(['keeps 10/0', 'late 5/2', 'soon 5/5'])
    expect(await inv.audit()).toEqual([])
  })

  test('takes the lot that came first where the shop says so, unless the variant says otherwise', async () => {
    const inv = await bakery()
    const tx = shards.ofOwner(inv.shopId).db.autocommit
    await setShopIssueRule(tx, inv.shopId, 'fifo')
    await inv.assign(inv.order(1))
    expect(await inv.lots()).toEqual(['keeps 10/1', 'late 5/0', 'soon 5/0'])
    await setIssueRule(tx, inv.variantId, inv.shopId, 'fefo')
    await inv.assign(inv.order(1))
    expect(await inv.lots()).toEqual(['keeps 10/1', 'late 5/0', 'soon 5/1'])
  })

  test('asked twice, also in one call, is done once', async () => {
    const inv = await bakery()
    const [one, other] = [inv.order(3), inv.order(2)]
    const answers = await inv.assign(one, other, one)
    expect(answers.map((answer) => answer.assigned)).toEqual([true, true, true])
    expect(await inv.assign(inv.order(1), other, one)).toMatchObject([
      { assigned: true },
      { assigned: true },
      { assigned: true },
    ])
    expect(await inv.lots()).toEqual(['keeps 10/0', 'late 5/1', 'soon 5/5'])
    expect(await inv.audit()).toEqual([])
  })

  test('an order gets all of its lines or nothing, and hears what there was too little of', async () => {
    const inv = await shopWithLots(shards, { A: { units: 5 }, B: { units: 1, variant: 1 } }, 2)
    const [greedy, modest] = [inv.order(2, 2), inv.order(2, 1)]
    expect(await inv.assign(greedy, modest)).toEqual([
      { orderId: greedy.orderId, assigned: false, variantId: inv.variantOf(1), reason: 'short' },
      { orderId: modest.orderId, assigned: true },
    ])
    expect([await inv.lots(0), await inv.lots(1)]).toEqual([['A 5/2'], ['B 1/1']])
    expect(await inv.held(greedy)).toEqual([])
  })

  test('who was refused may ask again', async () => {
    const inv = await shopWithLots(shards, { A: { units: 1 } })
    const order = inv.order(2)
    expect(await inv.assign(order)).toMatchObject([{ assigned: false }])
    await inv.change({ code: 'A', by: 1 })
    expect(await inv.assign(order)).toMatchObject([{ assigned: true }])
  })

  test('goods that expired yesterday are nobody’s, those that expire today are', async () => {
    const inv = await bakery()
    inv.clock.now = new Date('2026-11-23T23:59:59Z')
    await inv.assign(inv.order(1))
    expect(await inv.lots()).toEqual(['keeps 10/0', 'late 5/0', 'soon 5/1'])
    inv.clock.now = new Date('2026-11-24T00:00:00Z')
    await inv.assign(inv.order(1))
    expect(await inv.lots()).toEqual(['keeps 10/0', 'late 5/1', 'soon 5/1'])
    expect(await inv.assign(inv.order(15))).toMatchObject([{ assigned: false, reason: 'expired' }])
    expect(await inv.audit()).toEqual([])
  })

  test('an order that names a variant twice is refused before anything is done', async () => {
    const inv = await bakery()
    const twice = { ...inv.order(1), lines: [...inv.order(1).lines, ...inv.order(2).lines] }
    await expect(inv.assign(inv.order(1), twice)).rejects.toMatchObject({ code: 'unclear-goods' })
    await expect(inv.assign({ ...inv.order(1), lines: [] })).rejects.toMatchObject({ code: 'unclear-goods' })
    await expect(inv.assign(inv.order(0))).rejects.toMatchObject({ code: 'unclear-goods' })
    expect(await inv.lots()).toEqual(['keeps 10/0', 'late 5/0', 'soon 5/0'])
  })

  test('goods of another shop serve nobody here', async () => {
    const [inv, other] = [await bakery(), await bakery()]
    const thief = { ...inv.order(1), lines: other.order(1).lines }
    expect(await inv.assign(thief)).toMatchObject([{ assigned: false, reason: 'short' }])
    expect(await other.lots()).toEqual(['keeps 10/0', 'late 5/0', 'soon 5/0'])
  })

  test('a thousand orders cost as many statements as one', async () => {
    const inv = await shopWithLots(shards, { A: { units: 700 }, B: { units: 700 } })
    const before = sent()
    await inv.assign(inv.order(1))
    const one = sent() - before
    await inv.assign(...Array.from({ length: 1_000 }, () => inv.order(1)))
    expect(sent() - before - one).toBe(one)
    expect(await inv.audit()).toEqual([])
  })
})

describe('putting goods back', () => {
  test('gives them to whoever comes next, once', async () => {
    const inv = await shopWithLots(shards, { A: { units: 3 } })
    const [first, second] = [inv.order(3), inv.order(3)]
    await inv.assign(first)
    expect(await inv.assign(second)).toMatchObject([{ assigned: false }])
    await inv.release(first)
    await inv.release(first)
    expect(await inv.assign(second)).toMatchObject([{ assigned: true }])
    expect(await inv.held(first)).toEqual([[3, 0, 3]])
    expect(await inv.audit()).toEqual([])
  })

  test('an order that was released stays without, whether or not it had anything', async () => {
    const inv = await shopWithLots(shards, { A: { units: 9 } })
    const [had, never] = [inv.order(1), inv.order(1)]
    await inv.assign(had)
    await inv.release(had, never)
    expect(await inv.assign(never, inv.order(1), had)).toMatchObject([
      { assigned: false, reason: 'released' },
      { assigned: true },
      { assigned: false, reason: 'released' },
    ])
    expect(await inv.lots()).toEqual(['A 9/1'])
  })

  test('leaves to a shipment what it has taken', async () => {
    const inv = await shopWithLots(shards, { A: { units: 5 } })
    const order = inv.order(3)
    await inv.assign(order)
    expect(await inv.issue({ ...order, lines: [{ variantId: inv.variantId, quantity: 2 }] })).toEqual({
      kind: 'issued',
    })
    await inv.release(order)
    expect(await inv.held(order)).toEqual([[3, 2, 1]])
    expect(await inv.lots()).toEqual(['A 3/0'])
    expect(await inv.audit()).toEqual([])
  })
})

describe('many at once', () => {
  test('whoever assigns, releases, receives, counts out and ships at the same time, nobody waits in a circle', async () => {
    const inv = await shopWithLots(
      shards,
      { A: { units: 700 }, B: { units: 700 }, C: { units: 700, variant: 1 }, D: { units: 700, variant: 1 } },
      2,
    )
    const before = await deadlocks()
    const work = Array.from({ length: 60 }, async (_, turn) => {
      const orders = Array.from({ length: 8 }, () => inv.order(2, 1))
      const swapped = orders.map((order) => ({ ...order, lines: order.lines.toReversed() }))
      const [, answers] = await Promise.all([
        inv
          .change({ by: turn % 3 === 0 ? 7 : -1, variant: turn % 2, ...(turn % 4 === 0 ? { code: 'A' } : {}) })
          .catch(expected),
        inv.assign(...(turn % 2 === 0 ? orders : swapped)),
        inv.assign(...orders),
      ])
      expect(answers.every((answer) => answer.assigned)).toBe(true)
      await Promise.all([
        inv.release(...orders.slice(0, 4)),
        inv.release(...orders.slice(2, 5)),
        inv.issue(orders[6] as (typeof orders)[0]),
        inv.issue(orders[7] as (typeof orders)[0]),
      ])
    })
    await Promise.all(work)
    expect(await deadlocks()).toBe(before)
    expect(await inv.audit()).toEqual([])
    const held = await database.query<{ open: string }>(
      `select sum(a.quantity - a.issued - a.released) as open from inventory.assignments a
         join inventory.lots l on l.id = a.lot_id where l.shop_id = $1`,
      [inv.shopId],
    )
    expect(Number(held[0]?.open)).toBe(60 * 3)
  })

  test('the last unit is set apart for one of fifty', async () => {
    const inv = await shopWithLots(shards, { A: { units: 1 } })
    const answers = await Promise.all(Array.from({ length: 50 }, () => inv.assign(inv.order(1))))
    expect(answers.flat().filter((answer) => answer.assigned)).toHaveLength(1)
    expect(await inv.audit()).toEqual([])
  })

  test('an order assigned and released at the same instant ends without goods or with them, never half', async () => {
    const inv = await shopWithLots(shards, { A: { units: 100 }, B: { units: 100, variant: 1 } }, 2)
    for (let round = 0; round < 30; round += 1) {
      const order = inv.order(2, 2)
      await Promise.all([inv.assign(order), inv.release(order), inv.assign(order)])
      await inv.release(order)
      expect(await inv.assign(order)).toMatchObject([{ assigned: false, reason: 'released' }])
    }
    expect([await inv.lots(0), await inv.lots(1)]).toEqual([['A 100/0'], ['B 100/0']])
    expect(await inv.audit()).toEqual([])
  })
})

describe('the audit', () => {
  const broken = async (inv: Awaited<ReturnType<typeof bakery>>, statement: string, undo: string) => {
    await database.query(statement, [inv.variantId])
    const findings = await inv.audit()
    await database.query(undo, [inv.variantId])
    expect(await inv.audit()).toEqual([])
    return findings.join('; ')
  }

  test('sees a lot that differs from its ledger and its shelf', async () => {
    const inv = await bakery()
    const update = (sign: string) =>
      `update inventory.lots set on_hand = on_hand ${sign} 1 where variant_id = $1 and code = 'late'`
    expect(await broken(inv, update('+'), update('-'))).toMatch(
      /I1 variant .*on the shelf 20, lots 21.*I1 lot .*on hand 6, ledger 5/,
    )
  })

  test('sees goods set apart for nobody', async () => {
    const inv = await bakery()
    await inv.assign(inv.order(2))
    const update = (sign: string) =>
      `update inventory.lots set assigned = assigned ${sign} 1 where variant_id = $1 and code = 'soon'`
    expect(await broken(inv, update('-'), update('+'))).toMatch(/I1 lot .*set apart 1, orders have 2/)
  })

  test('sees goods set apart after they had expired', async () => {
    const inv = await bakery()
    await inv.assign(inv.order(2))
    const update = (day: string) =>
      `update inventory.lots set expires_on = '${day}' where variant_id = $1 and code = 'soon'`
    expect(await broken(inv, update('2026-11-20'), update('2026-11-23'))).toMatch(/expired on 2026-11-20/)
  })

  test('the service itself cannot rewrite what moved its lots', async () => {
    const own = database.open('inventory')
    await expect(own.autocommit.run(sql`update lot_movements set delta = 2`)).rejects.toThrow('permission denied')
    await expect(own.autocommit.run(sql`delete from assignments`)).rejects.toThrow('permission denied')
  })
})

function expected(error: { code?: string }): void {
  if (error.code !== 'already-promised' && error.code !== 'stock-busy') throw error
}

async function deadlocks(): Promise<number> {
  const [row] = await database.query<{ deadlocks: string }>(
    'select deadlocks from pg_stat_database where datname = current_database()',
  )
  return Number(row?.deadlocks)
}
