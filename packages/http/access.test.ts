import { describe, expect, test } from 'vitest'
import { aRoute, aServer, person } from './server.fixture.ts'

const people = {
  nobody: person(),
  buyer: person({ permissions: new Set(['orders:place']) }),
  clerk: person({ duties: new Map([['shop-1', new Set(['orders'])]]) }),
  operator: person({ permissions: new Set(['operator']) }),
  souk_partner1: person({ kind: 'api-key', permissions: new Set(['orders:place']) }),
}
const routes = [
  aRoute({ url: '/public', operationId: 'a' }),
  aRoute({ url: '/signed-in', operationId: 'b', access: 'signed-in' }),
  aRoute({ url: '/permission', operationId: 'c', access: { permission: 'orders:place' } }),
  aRoute({ url: '/duty', operationId: 'd', access: { duty: 'orders' } }),
]

const table: [who: keyof typeof people | 'anonymous' | 'stranger', ...statuses: number[]][] = [
  //              public  signed-in  permission  duty
  ['anonymous', 200, 401, 401, 401],
  ['stranger', 200, 401, 401, 401],
  ['nobody', 200, 200, 403, 403],
  ['buyer', 200, 200, 200, 403],
  ['clerk', 200, 200, 403, 200],
  ['operator', 200, 200, 403, 200],
  ['souk_partner1', 200, 200, 200, 403],
]

describe('who may call what', () => {
  const server = aServer({ routes, people })
  test.each(table)('%s: public %i, signed-in %i, permission %i, duty %i', async (who, ...expected) => {
    const headers = who === 'anonymous' ? {} : { authorization: `Bearer ${who}` }
    const statuses = await Promise.all(
      routes.map(async ({ url }) => (await server.inject({ url, headers })).statusCode),
    )
    expect(statuses).toEqual(expected)
  })
  test('an API key may come in a header of its own, but not beside a token', async () => {
    const call = async (headers: Record<string, string>) =>
      (await server.inject({ url: '/permission', headers })).statusCode
    expect(await call({ 'x-api-key': 'souk_partner1' })).toBe(200)
    expect(await call({ 'x-api-key': 'souk_partner1', authorization: 'Bearer buyer' })).toBe(401)
    expect(await call({ authorization: 'Basic YTpi' })).toBe(401)
  })
  test('a refusal says how to sign in, and which permission is missing', async () => {
    const anonymous = await server.inject({ url: '/permission' })
    expect(anonymous.headers['www-authenticate']).toBe('Bearer realm="souk"')
    const stale = await server.inject({ url: '/permission', headers: { authorization: 'Bearer old' } })
    expect(stale.headers['www-authenticate']).toBe('Bearer realm="souk", error="invalid_token"')
    const lacking = await server.inject({ url: '/permission', headers: { authorization: 'Bearer nobody' } })
    expect(lacking.json()).toMatchObject({ code: 'forbidden', needs: 'orders:place' })
  })
  test('a caller is judged before its body is read', async () => {
    const post = aRoute({ method: 'POST', url: '/post', access: 'signed-in', operationId: 'e' })
    const answer = await aServer({ routes: [post] }).inject({
      method: 'POST',
      url: '/post',
      headers: { 'content-type': 'application/json' },
      payload: '{"broken',
    })
    expect(answer.statusCode).toBe(401)
  })
  test('whoever checks credentials may be down: the caller is told to come back, not that it is nobody', async () => {
    const verify = async () => Promise.reject(new Error('identity at 10.0.0.3 does not answer'))
    const answer = await aServer({ routes, verify }).inject({
      url: '/signed-in',
      headers: { authorization: 'Bearer x' },
    })
    expect([answer.statusCode, answer.json().code]).toEqual([503, 'overloaded'])
    expect(answer.body).not.toContain('10.0.0.3')
  })
})
