import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startIdentity } from './test-identity.ts'

let world: Awaited<ReturnType<typeof startIdentity>>
beforeAll(async () => {
  world = await startIdentity()
})
afterAll(() => world.close())

describe('members of a shop', () => {
  const shopId = '019a0000-0000-7000-8000-000000000002'

  test('are named to their shop, their address masked, and nobody else is: not for another shop, not after they left', async () => {
    const [member, stranger] = [
      await world.register({ email: 'mina@example.com', name: 'Mina' }),
      await world.register(),
    ]
    const set = (duties: string[]) =>
      world.rpc.setShopDuties({ accountId: member.accountId, shopId, duties, setByAccountId: '' })
    const named = async (of: string) =>
      (await world.rpc.nameMembers({ shopId: of, accountIds: [member.accountId, stranger.accountId, 'nonsense'] }))
        .members
    await set(['orders'])
    expect(await named(shopId)).toMatchObject([
      { accountId: member.accountId, name: 'Mina', emailMasked: 'm***@example.com' },
    ])
    expect(await named('019a0000-0000-7000-8000-000000000003')).toEqual([])
    await set([])
    expect(await named(shopId)).toEqual([])
  })
})
