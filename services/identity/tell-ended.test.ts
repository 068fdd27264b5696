import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { endedChannel, endingOperations } from './tell-ended.ts'
import { startIdentity } from './test-identity.ts'

let id: Awaited<ReturnType<typeof startIdentity>>
let told = 0
beforeAll(async () => {
  id = await startIdentity()
  id.context.cache.news.subscribe(endedChannel, () => (told += 1))
})
afterAll(() => id.close())

const toldDuring = async (work: () => Promise<unknown>) => {
  told = 0
  await work()
  return told
}

describe('news that a session has ended', () => {
  test('names operations that there are', () => {
    const known = new Set(id.routes.map(({ operationId }) => operationId))
    expect([...endingOperations].filter((name) => !known.has(name))).toEqual([])
  })

  test('goes out when somebody signs out, and not when somebody goes on', async () => {
    const ada = await id.register()
    expect(await toldDuring(() => id.call('listSessions', { principal: ada.principal }))).toBe(0)
    expect(await toldDuring(() => id.refresh(ada.refreshToken))).toBe(0)
    expect(await toldDuring(() => id.call('logOut', { principal: ada.principal }))).toBe(1)
    expect((await id.rpc.listRevoked({})).sessionIds).toContain(ada.principal.sessionId)
  })

  test('goes out when a token is used that was stolen', async () => {
    const ada = await id.register()
    await id.refresh(ada.refreshToken)
    id.time.advance(60_000)
    const thief = await toldDuring(async () => expect((await id.refresh(ada.refreshToken)).status).toBe(401))
    expect(thief).toBe(1)
  })
})
