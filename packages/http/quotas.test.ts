import { array, assert, integer, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addressKey } from './quotas.ts'
import { createRateLimiter } from './rate-limiter.ts'
import { aRoute, aServer, person } from './server.fixture.ts'

const minuteMs = 60_000
const start = 1_700_000_040_000 // the turn of a minute

describe('counting', () => {
  test('nobody gets more than the quota in a minute of the clock, nor twice as much in any 60 seconds', () =>
    assert(
      property(
        array(integer({ min: 0, max: 4_000 }), { maxLength: 300 }),
        integer({ min: 1, max: 30 }),
        (gaps, quota) => {
          const limiter = createRateLimiter()
          const allowedAt: number[] = []
          let nowMs = start
          for (const gap of gaps) {
            nowMs += gap
            if (limiter.take('x', quota, nowMs).allowed) allowedAt.push(nowMs)
          }
          for (const end of allowedAt) {
            const within = allowedAt.filter((at) => at <= end && at > end - minuteMs).length
            expect(within).toBeLessThanOrEqual(quota * 2)
          }
          for (let minute = start; minute < nowMs; minute += minuteMs)
            expect(allowedAt.filter((at) => at >= minute && at < minute + minuteMs).length).toBeLessThanOrEqual(quota)
        },
      ),
    ))
  test('who waits as long as told is let through, and not a second later than needed by much', () =>
    assert(
      property(integer({ min: 1, max: 50 }), integer({ min: 0, max: 59_999 }), (quota, offset) => {
        const limiter = createRateLimiter()
        let taken = limiter.take('x', quota, start + offset)
        while (taken.allowed) taken = limiter.take('x', quota, start + offset)
        expect(limiter.take('x', quota, start + offset + taken.resetSeconds * 1_000).allowed).toBe(true)
        expect(taken.resetSeconds).toBeLessThanOrEqual(120)
      }),
    ))
  test('a flood of addresses does not fill the memory', () => {
    const limiter = createRateLimiter({ maxKeys: 1_000 })
    for (let at = 0; at < 50_000; at += 1) limiter.take(String(at), 10, start)
    expect(limiter.size).toBeLessThanOrEqual(1_001)
  })
  test('a clock turned back does not lock anybody out', () => {
    const limiter = createRateLimiter()
    for (let at = 0; at < 5; at += 1) limiter.take('x', 5, start)
    expect(limiter.take('x', 5, start - 10 * minuteMs).allowed).toBe(true)
  })
  test.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:DB8:0001:0002:ffff::', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('%s is counted as %s', (address, key) => expect(addressKey(address)).toBe(key))
})

describe('quotas', () => {
  const people = {
    a: person({ accountId: 'a' }),
    b: person({ accountId: 'b' }),
    souk_key00001: person({ accountId: 'a', kind: 'api-key', sessionId: 'k' }),
  }
  const clock = () => new Date(start)
  const limits = { perAddress: 2, perAccount: 3, perApiKey: 4 }
  const statuses = async (
    server: ReturnType<typeof aServer>,
    times: number,
    headers: Record<string, string>,
    url = '/v1/things',
  ) => {
    const found: number[] = []
    for (let at = 0; at < times; at += 1) found.push((await server.inject({ url, headers })).statusCode)
    return found
  }

  test('are by key, else by account, else by address, each apart from the others', async () => {
    const server = aServer({ people, clock, limits })
    expect(await statuses(server, 5, { 'x-api-key': 'souk_key00001' })).toEqual([200, 200, 200, 200, 429])
    expect(await statuses(server, 4, { authorization: 'Bearer a' })).toEqual([200, 200, 200, 429])
    expect(await statuses(server, 1, { authorization: 'Bearer b' })).toEqual([200])
    expect(await statuses(server, 3, {})).toEqual([200, 200, 429])
  })
  test('tell what is left in the headers of the draft standard, and when to come back', async () => {
    const server = aServer({ people, clock, limits })
    const first = await server.inject({ url: '/v1/things' })
    expect(first.headers).toMatchObject({ 'ratelimit-policy': '"address";q=2;w=60', ratelimit: '"address";r=1;t=60' })
    await server.inject({ url: '/v1/things' })
    const third = await server.inject({ url: '/v1/things' })
    expect(third.json()).toMatchObject({ code: 'rate-limited', policy: 'address' })
    expect(third.headers.ratelimit).toMatch(/^"address";r=0;t=\d+$/)
    expect(Number(third.headers['retry-after'])).toBeGreaterThan(0)
  })
  test('of a route count apart from the general ones', async () => {
    const routes = [
      aRoute(),
      aRoute({
        url: '/v1/flash',
        operationId: 'flash',
        access: 'signed-in',
        limit: { name: 'flash', perMinute: 1, per: 'account' },
      }),
    ]
    const server = aServer({ routes, people, clock, limits })
    expect(await statuses(server, 2, { authorization: 'Bearer a' }, '/v1/flash')).toEqual([200, 429])
    expect(await statuses(server, 1, { authorization: 'Bearer b' }, '/v1/flash')).toEqual([200])
    expect(await statuses(server, 1, { authorization: 'Bearer a' })).toEqual([200])
  })
  test('guessing tokens and addresses costs the address it comes from', async () => {
    const server = aServer({ people, clock, limits, routes: [aRoute({ access: 'signed-in' })] })
    expect(await statuses(server, 3, { authorization: 'Bearer guess' })).toEqual([401, 401, 429])
    expect(await statuses(server, 1, {}, '/nowhere')).toEqual([429])
    expect(await statuses(server, 1, { authorization: 'Bearer a' })).toEqual([200])
  })
  test('health and metrics are outside them', async () => {
    const server = aServer({ clock, limits })
    expect(new Set(await statuses(server, 10, {}, '/health/ready'))).toEqual(new Set([200]))
  })
  test('the address is that of the connection, unless a proxy is trusted', async () => {
    const call = async (server: ReturnType<typeof aServer>) => {
      const found: number[] = []
      for (const last of [1, 2, 3])
        found.push(
          (await server.inject({ url: '/v1/things', headers: { 'x-forwarded-for': `203.0.113.${last}` } })).statusCode,
        )
      return found
    }
    expect(await call(aServer({ clock, limits }))).toEqual([200, 200, 429])
    expect(await call(aServer({ clock, limits, trustProxy: 1 }))).toEqual([200, 200, 200])
  })
  test('a server of ours that asks for others is counted by whoever it asks for; anybody else saying so is not believed', async () => {
    const server = aServer({ routes: [aRoute()], limits, clock, forwarderSecret: 'ours' })
    const asking = (secret: string, address?: string) => ({
      'x-souk-forwarder': secret,
      ...(address !== undefined && { 'x-souk-client-address': address }),
    })
    expect(await statuses(server, 3, asking('ours', '203.0.113.1'))).toEqual([200, 200, 429])
    expect(await statuses(server, 3, asking('ours', '203.0.113.2'))).toEqual([200, 200, 429])
    expect(await statuses(server, 4, asking('ours'))).toEqual([200, 200, 200, 200])
    expect(await statuses(server, 3, asking('theirs', '203.0.113.3'))).toEqual([200, 200, 429])
    expect(await statuses(server, 1, asking('theirs', '203.0.113.4'))).toEqual([429])
  })
})
