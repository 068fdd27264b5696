import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startIdentity } from './test-identity.ts'

let world: Awaited<ReturnType<typeof startIdentity>>
beforeAll(async () => {
  world = await startIdentity()
})
afterAll(() => world.close())

describe('customers whom a shop knows from another system', () => {
  test('have one account per shop and number, however often and in whatever company they are asked for', async () => {
    const [shopId, otherShop] = [randomUUID(), randomUUID()]
    const first = await world.rpc.ensureOutsideCustomers({ shopId, numbers: ['12923', 'K 7/ü', ''] })
    expect(first.created).toBe(3)
    expect(new Set(first.accountIds).size).toBe(3)
    const again = await world.rpc.ensureOutsideCustomers({ shopId, numbers: ['', '12923', '12923', 'new'] })
    expect(again.created).toBe(1)
    expect(again.accountIds.slice(0, 3)).toEqual([first.accountIds[2], first.accountIds[0], first.accountIds[0]])
    const elsewhere = await world.rpc.ensureOutsideCustomers({ shopId: otherShop, numbers: ['12923'] })
    expect(first.accountIds).not.toContain(elsewhere.accountIds[0])
  })

  test('can have nobody else sign in to them, nor register their address first, and are not announced', async () => {
    const shopId = randomUUID()
    world.outbox.clear()
    const { accountIds } = await world.rpc.ensureOutsideCustomers({ shopId, numbers: ['7'] })
    expect(world.outbox.events).toEqual([])
    const [row] = await world.database.query<{ email: string; password_hash: string | null; roles: string }>(
      `select email, password_hash, (select count(*) from identity.account_roles where account_id = id) as roles
         from identity.accounts where id = $1`,
      [accountIds[0]],
    )
    expect(row).toMatchObject({ password_hash: null, roles: '0' })
    expect(
      await world.call('register', { body: { email: row?.email, password: 'correct-donkey-battery', name: 'Thief' } }),
    ).toMatchObject({ body: { code: 'email-unusable' } })
  })
})
