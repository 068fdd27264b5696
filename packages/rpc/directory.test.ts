import { Code, ConnectError } from '@connectrpc/connect'
import { ShopService } from '@souk/contracts/shops'
import { DomainError, defineErrors } from '@souk/errors'
import { describe, expect, test } from 'vitest'
import { createDirectory, type RpcHandlers } from './index.ts'

const errors = defineErrors({ 'shop-closed': { status: 409, title: 'Closed', help: 'Come back tomorrow.' } })

describe.each([
  ['called in memory', false],
  ['called with every message written and read', true],
])('a contract served in this process, %s', (_way, encoded) => {
  const serving = (getShop: (request: { shopId: string }, context: { signal: AbortSignal }) => unknown) => {
    const directory = createDirectory(undefined, encoded)
    const handlers: RpcHandlers = (router) => router.service(ShopService, { getShop: getShop as never })
    directory.serve(handlers, [ShopService])
    return directory.client(ShopService)
  }
  const failure = (call: Promise<unknown>) =>
    call.then(
      () => undefined,
      (error: unknown) => error,
    )

  test('gets what the contract names, with what was left out empty, and gives back no more', async () => {
    let received: unknown
    const shops = serving((request) => {
      received = request
      return { shop: { shopId: request.shopId, version: 3n, secret: 'inside' }, more: true }
    })
    const answer = await shops.getShop({ shopId: 'a', unknown: 1 } as never)
    expect(received).toMatchObject({ shopId: 'a' })
    expect(received).not.toHaveProperty('unknown')
    expect(answer.shop).toMatchObject({ shopId: 'a', version: 3n, name: '' })
    expect(answer.shop).not.toHaveProperty('secret')
    expect(answer).not.toHaveProperty('more')
    await shops.getShop({})
    expect(received).toMatchObject({ shopId: '' })
  })

  test('says no with the code, the words and the figures it said no with', async () => {
    const shops = serving(async () => {
      throw errors.error('shop-closed', 'It is Sunday.', { until: 'Monday' }, 60)
    })
    const error = await failure(shops.getShop({ shopId: 'a' }))
    expect(error).toBeInstanceOf(DomainError)
    expect(error).toMatchObject({
      code: 'shop-closed',
      message: 'It is Sunday.',
      extra: { until: 'Monday' },
      retryAfterSeconds: 60,
    })
  })

  test('tells nothing from inside when it breaks', async () => {
    const shops = serving(() => Promise.reject(new Error('password of the database: 1234')))
    const error = await failure(shops.getShop({ shopId: 'a' }))
    expect(error).toBeInstanceOf(ConnectError)
    expect((error as ConnectError).code).toBe(Code.Internal)
    expect((error as ConnectError).message).not.toContain('1234')
  })

  test('is not waited for beyond the caller’s patience, and is told so', async () => {
    let signal: AbortSignal | undefined
    const shops = serving((_request, context) => {
      signal = context.signal
      return new Promise(() => {})
    })
    const beganMs = performance.now()
    const error = await failure(shops.getShop({ shopId: 'a' }, { timeoutMs: 50 }))
    expect(performance.now() - beganMs).toBeLessThan(1_000)
    expect((error as ConnectError).code).toBe(Code.DeadlineExceeded)
    expect(signal?.aborted).toBe(true)
  })

  test('that does not have a method says so', async () => {
    const directory = createDirectory(undefined, encoded)
    directory.serve((router) => router.service(ShopService, {}), [ShopService])
    expect(((await failure(directory.client(ShopService).getShop({}))) as ConnectError).code).toBe(Code.Unimplemented)
  })
})

test('a contract nobody serves is named', async () => {
  await expect(createDirectory().client(ShopService).getShop({})).rejects.toThrow(
    'nobody serves souk.shops.ShopService',
  )
})
