import { defineErrors } from '@souk/errors'
import { Type } from 'typebox'
import { describe, expect, test } from 'vitest'
import { errors } from './errors.ts'
import { codesOf } from './openapi.ts'
import { aRoute, aServer, shape } from './server.fixture.ts'

const catalogue = defineErrors({ 'out-of-stock': { status: 409, title: 'Not enough stock', help: '' } })
const place = aRoute({
  method: 'POST',
  url: '/v1/shops/:shopId/orders',
  operationId: 'placeOrder',
  tag: 'Orders',
  access: { permission: 'orders:place' },
  idempotency: 'required',
  params: shape({ shopId: Type.String({ format: 'uuid', description: 'Whose goods' }) }),
  body: shape({ lines: Type.Array(shape({ quantity: Type.Integer({ examples: [2] }) })) }),
  answers: { 201: shape({ id: Type.String() }), 202: shape({ statusUrl: Type.String() }) },
  errors: ['out-of-stock', 'version-mismatch'],
})
const routes = [aRoute({ query: shape({ limit: Type.Integer({ maximum: 100, default: 20 }) }) }), place]
const server = aServer({ routes, errors: [catalogue] })
type Operation = {
  operationId: string
  description: string
  'x-permission': string
  security: unknown[]
  parameters: { name: string; in: string; required: boolean }[]
  responses: Record<string, { description: string }>
}
const operation = (path: string, method: string) => server.openapi().paths[path]?.[method] as unknown as Operation

describe('the description of the API', () => {
  test('is served as OpenAPI 3.1 and holds every route once, under its own name', async () => {
    const document = (await server.inject({ url: '/openapi.json' })).json()
    expect(document.openapi).toBe('3.1.0')
    expect(document).toEqual(server.openapi())
    const names = Object.values(server.openapi().paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    )
    expect(new Set(names)).toEqual(new Set(routes.map(({ operationId }) => operationId)))
    expect(names).toHaveLength(routes.length)
  })
  test('says who may call', () => {
    expect(operation('/v1/shops/{shopId}/orders', 'post')).toMatchObject({
      'x-permission': 'orders:place',
      security: [{ accessToken: [] }, { apiKey: [] }],
    })
    expect(operation('/v1/shops/{shopId}/orders', 'post').description).toContain('permission orders:place')
    expect(operation('/v1/things', 'get').security).toEqual([])
  })
  test('names the parameters, those of the headers too', () => {
    const { parameters } = operation('/v1/shops/{shopId}/orders', 'post')
    expect(parameters.map(({ name, in: place, required }) => `${place} ${name} ${required}`)).toEqual([
      'path shopId true',
      'header Idempotency-Key true',
      'header Prefer false',
      'header If-Match false',
    ])
  })
  test('names each problem under its status, and every code of it has a page', async () => {
    const { responses } = operation('/v1/shops/{shopId}/orders', 'post')
    expect(Object.keys(responses)).toEqual([
      '201',
      '202',
      '400',
      '401',
      '403',
      '409',
      '412',
      '413',
      '415',
      '422',
      '429',
      '500',
      '503',
    ])
    expect(responses[409]?.description).toContain('`out-of-stock`: Not enough stock.')
    for (const route of routes)
      for (const code of codesOf(route)) {
        expect(code in errors.rows || code in catalogue.rows).toBe(true)
        expect((await server.inject({ url: `/problems/${code}` })).statusCode).toBe(200)
      }
  })
})
