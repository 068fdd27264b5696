import { randomUUID } from 'node:crypto'
import type { Database } from '@souk/postgres'
import { testDatabase, type TestDatabase } from '@souk/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Check, checkUpTo, clearChecks, markToCheck, nextChecks } from './due.sql.ts'
import { search } from './index.ts'

let database: TestDatabase
let db: Database
beforeAll(async () => {
  database = await testDatabase([search])
  db = database.open('search')
})
afterAll(() => database.close())
beforeEach(async () => void (await clearChecks(db.autocommit, await nextChecks(db.autocommit, 1_000))))

const aCheck = (): Check => ({ variantId: randomUUID(), productId: randomUUID(), shopId: randomUUID() })
const waiting = () => nextChecks(db.autocommit, 1_000)
const startAsking = async () => {
  const asked = await waiting()
  await checkUpTo(db.autocommit, asked.at(-1)?.mark ?? 0)
  return asked
}

describe('variants orders is to be asked about', () => {
  test('are written once, however often they are sold before anybody asks', async () => {
    const [first, second] = [aCheck(), aCheck()]
    await markToCheck(db.autocommit, [first, second, first])
    const before = await waiting()
    await markToCheck(db.autocommit, [second, first])
    expect(await waiting()).toEqual(before)
    expect(before.map((check) => check.variantId).toSorted()).toEqual([first.variantId, second.variantId].toSorted())
  })

  test('are asked about again when they are sold while the answer is on its way', async () => {
    const sold = aCheck()
    await markToCheck(db.autocommit, [sold])
    const asked = await startAsking()
    await markToCheck(db.autocommit, [sold])
    await clearChecks(db.autocommit, asked)
    expect(await waiting()).toMatchObject([sold])
    await clearChecks(db.autocommit, await startAsking())
    expect(await waiting()).toEqual([])
  })

  test('are never asked about up to an earlier mark than before', async () => {
    await markToCheck(db.autocommit, [aCheck()])
    const [asked] = await startAsking()
    await checkUpTo(db.autocommit, 1)
    await markToCheck(db.autocommit, asked ? [asked] : [])
    expect((await waiting())[0]?.mark).toBeGreaterThan(asked?.mark ?? 0)
  })
})
