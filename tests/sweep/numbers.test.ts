import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Operation, type Schema, spotsOf, withValueAt } from './document.ts'
import { ask, everyRoute, type Sample } from './recipes/index.ts'
import { openStage } from './stage.ts'
import { untilQuiet, type Watch, watchTables } from './tables.ts'
import { buildWorld, unique } from './world.ts'

const stage = await openStage()
afterAll(() => stage.close())
const world = await buildWorld(stage)
const routes = everyRoute(stage.document)
const { a } = world

/** As they stand in JSON, or would like to. */
const texts = `
  -1 0 0.5 1000000000 2147483648 4294967296 9007199254740993 -9007199254740993
  1e3 1e19 1e400 -1e400 1e-400 0.1e1 99999999999999999999999999 ${'9'.repeat(400)}
  "1e3" "1" "0x10" "" "1\u0020" "NaN" NaN Infinity -Infinity 0x10 1_000 01 +1 ١
  null true false [] [1] {} {"valueOf":1}`
  .trim()
  .split(/\s+/)

const valueOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // no JSON at all
  }
}

/** Whether the schema lets it in; then it is a quantity, and what comes of it is for other tests. */
const admits = (schema: Schema, value: unknown): boolean =>
  Number.isInteger(value) &&
  (schema.minimum ?? Number.NEGATIVE_INFINITY) <= (value as number) &&
  (value as number) <= (schema.maximum ?? Number.POSITIVE_INFINITY) &&
  (!('const' in schema) || schema.const === value)

const isNumber = (schema: Schema) =>
  schema.type === 'integer' || schema.type === 'number' || typeof schema.const === 'number'

/** Every schema of a number in a request, with where it is. */
function numbersIn(schema: Schema, at = ''): { at: string; schema: Schema }[] {
  return [
    ...(isNumber(schema) ? [{ at, schema }] : []),
    ...(schema.anyOf ?? []).flatMap((each) => numbersIn(each, at)),
    ...(schema.items === undefined ? [] : numbersIn(schema.items, `${at}/*`)),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => numbersIn(inner, `${at}/${name}`)),
  ]
}
const requestNumbers = ({ operationId, body, parameters }: Operation) =>
  [
    ...(body === undefined ? [] : numbersIn(body)),
    ...parameters.flatMap(({ name, schema }) => numbersIn(schema, `?${name}`)),
  ].map((each) => ({ ...each, at: `${operationId} ${each.at}` }))

const samples = new Map<string, Sample>()
let watch: Watch
beforeAll(async () => {
  for (const { operation, recipe } of routes) samples.set(operation.operationId, await recipe.make(world))
  watch = await watchTables(stage.query)
})

test('every number a route takes is an integer between two bounds that fit in a double', () => {
  const numbers = routes.flatMap(({ operation }) => requestNumbers(operation))
  expect(numbers.length).toBeGreaterThan(20)
  const loose = numbers.filter(
    ({ schema: { type, minimum, maximum, ...rest } }) =>
      !('const' in rest) && (type !== 'integer' || !Number.isSafeInteger(minimum) || !Number.isSafeInteger(maximum)),
  )
  // What a flag answers may be a part of something; it is nobody's quantity.
  const parts = ['createFlag /variants/*/value', 'changeFlag /variants/*/value']
  expect(loose.filter(({ at }) => !parts.includes(at))).toEqual([])
})

test('every number of a body is in its sample, so that none goes untried', () => {
  const tried = new Set(
    routes.flatMap(({ operation }) =>
      operation.body === undefined
        ? []
        : [...spotsOf(operation.body, samples.get(operation.operationId)?.body)].map(
            ({ at }) =>
              `${operation.operationId} /${at.map((step) => (typeof step === 'number' ? '*' : step)).join('/')}`,
          ),
    ),
  )
  // Instead of another field of the sample, which stands for the same numbers.
  const others = new Set([
    'setProductInventory /onHand',
    'createVoucher /amountMinor',
    'createDiscount /percent',
    'replaceDiscount /percent',
  ])
  const untried = routes
    .flatMap(({ operation }) => requestNumbers(operation))
    .map(({ at }) => at)
    .filter((at) => !at.includes('?') && !others.has(at) && !tried.has(at))
  expect(untried).toEqual([])
})

describe('what is no quantity is refused', () => {
  const withNumbers = routes.filter(({ operation }) => requestNumbers(operation).length > 0)
  test.each(withNumbers)('$operation.operationId', async ({ operation, recipe }) => {
    const sample = samples.get(operation.operationId) as Sample
    const person = sample.as ?? recipe.as(world)
    const { body } = operation
    if (body !== undefined)
      for (const { at, schema, value: right } of spotsOf(body, sample.body)) {
        if (!isNumber(schema)) continue
        // "or null": the branch of a union that is tried says nothing of the others.
        const optional = numbersOrNull(body, at)
        for (const text of texts) {
          const value = valueOf(text)
          if (admits(schema, value) || (value === null && optional)) continue
          const marked = JSON.stringify(withValueAt(sample.body, at, '@number@'))
          const reply = await ask(world, operation, { ...sample, body: marked.replace('"@number@"', text) }, person)
          const told = `${at.join('/')} ${text.slice(0, 40)} instead of ${String(right)}: ${reply.status} ${reply.text}`
          // A setting may take other kinds of values, too; which, it knows itself.
          if (reply.code === 'setting-refused') continue
          expect(reply.status, told).toBe(400)
          expect(['validation-failed', 'malformed-json'], told).toContain(reply.code)
        }
      }
    for (const { name, schema, in: place } of operation.parameters) {
      if (place !== 'query' || !isNumber(schema)) continue
      for (const text of [...texts, '1.0', '1e0', '%31', '1 ', '1;2']) {
        if (/^-?\d{1,16}$/.test(text) && admits(schema, Number(text))) continue
        const query = { ...sample.query, [name]: text }
        const reply = await ask(world, operation, { ...sample, query }, person)
        expect([reply.status, reply.code], `${name}=${text.slice(0, 40)} ${reply.text}`).toEqual([
          400,
          'validation-failed',
        ])
      }
    }
    expect(await watch.changed()).toEqual([])
  })
})

function numbersOrNull(schema: Schema, at: readonly (string | number)[]): boolean {
  const [step, ...rest] = at
  if (step === undefined) return schema.anyOf?.some(({ type }) => type === 'null') ?? false
  const inner = typeof step === 'number' ? schema.items : schema.properties?.[step]
  return inner !== undefined && numbersOrNull(inner, rest)
}

const order = (body: unknown) => world.as(a.customer, 'POST', '/v1/orders', body)
const line = (quantity: number, more = {}) => ({ variantId: a.variantId, quantity, ...more })

describe('an order', () => {
  test('costs what we say, whatever the client says', async () => {
    for (const more of [{ price: 1 }, { priceMinor: 1 }, { unitPriceMinor: 1 }, { totalMinor: 2 }, { currency: 'JPY' }])
      expect((await order({ lines: [line(2, more)] })).status).toBe(400)
    for (const more of [
      { totalMinor: 2 },
      { currency: 'JPY' },
      { discountMinor: 3_998 },
      { tax: 0 },
      { shippingMinor: 0 },
    ])
      expect((await order({ lines: [line(2)], ...more })).status).toBe(400)
    const placed = await order({ lines: [line(2)] })
    expect(placed.status).toBe(201)
    expect(placed.json).toMatchObject({ totalMinor: 3_998, currency: 'EUR' })
  })
  test('of the same thing twice is of both together, and asks for no more than there is', async () => {
    const both = await order({ lines: [line(1), line(2)] })
    expect(both.json).toMatchObject({ totalMinor: 3 * 1_999 })
    const [half] = [60_000]
    expect((await order({ lines: [line(half), line(half)] })).code).toBe('out-of-stock')
  })
  test('of more lines than an order has is refused', async () => {
    for (const [lines, statuses] of [
      [1_001, [400]],
      [10_000, [400, 413]],
    ] as const) {
      const reply = await order({ lines: Array.from({ length: lines }, () => line(1)) })
      expect(statuses, reply.text.slice(0, 300)).toContain(reply.status)
    }
  })
  test('whose sum no price can have is refused, and nothing is promised', async () => {
    const { id, variants } = await world.do<{ id: string; variants: { id: string }[] }>(
      a.owner,
      'POST',
      '/v1/products',
      {
        shopId: a.shopId,
        title: 'Palace',
        status: 'active',
        variants: [{ sku: `PALACE-${unique()}`, priceMinor: 1_000_000_000_000 }],
      },
    )
    await untilQuiet(stage.query)
    await world.do(a.owner, 'PUT', `/v1/products/${id}/inventory`, { onHand: 1_000_000 })
    const variantId = variants[0]?.id
    expect((await order({ lines: [{ variantId, quantity: 1 }] })).json).toMatchObject({ totalMinor: 1_000_000_000_000 })
    for (const quantity of [2, 9_008, 1_000_000]) {
      const reply = await order({ lines: [{ variantId, quantity }] })
      expect([reply.status, reply.code]).toEqual([422, 'total-too-large'])
    }
    const { remaining } = await world.do<{ remaining: number }>(
      world.operator,
      'GET',
      `/v1/operations/allotments?shopId=${a.shopId}&variantId=${variantId}`,
    )
    expect(remaining).toBe(999_999)
  })
})
