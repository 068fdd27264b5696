import { describe, expect, test } from 'vitest'
import { createLogger } from './log.ts'
import { redact } from './redact.ts'

const canary = 'canary-4711'
const names = [
  'authorization',
  'Authorization',
  'cookie',
  'set-cookie',
  'password',
  'newPassword',
  'token',
  'refreshToken',
  'access_token',
  'apiKey',
  'x-api-key',
  'secret',
  'clientSecret',
  'email',
  'customerEmail',
  'phone',
  'name',
  'firstName',
  'address',
  'shippingAddress',
  'postcode',
  'ip',
  'iban',
]

describe('what is logged', () => {
  test.each(names)('never shows what is called %s, at any depth', (name) => {
    const shapes = [{ [name]: canary }, { a: { b: [{ [name]: { deep: canary } }] } }, { m: new Map([[name, canary]]) }]
    for (const fields of shapes) expect(JSON.stringify(redact(fields))).not.toContain(canary)
  })
  test('never shows addresses of people, tokens or keys inside a text, nor in an error or its causes', () => {
    const texts = [
      'write to jo.doe+x@mail.example.org',
      'Bearer abc.def.ghi',
      'souk_live1234567890',
      'eyJhbGciOi.eyJzdWIi.c2ln',
    ]
    const cause = new Error(texts.join(' '))
    const shown = JSON.stringify(redact({ note: texts, error: new Error(texts.join(' '), { cause }) }))
    for (const part of ['jo.doe', 'abc.def', 'live1234', 'eyJzdWIi']) expect(shown).not.toContain(part)
  })
  test('keeps what is needed to find a fault: ids, codes, types, stacks', () => {
    const error = Object.assign(new TypeError('no such row'), { code: '23505' })
    expect(redact({ orderId: 'o-1', count: 3n, at: new Date(0), error })).toMatchObject({
      orderId: 'o-1',
      count: '3',
      at: '1970-01-01T00:00:00.000Z',
      error: {
        type: 'TypeError',
        message: 'no such row',
        code: '23505',
        stack: expect.stringContaining('redact.test'),
      },
    })
  })
  test('has an end: circles, depth, long lists, long texts and bytes are cut short', () => {
    const circle: Record<string, unknown> = {
      bytes: new Uint8Array(9),
      list: Array(1_000).fill(1),
      text: 'x'.repeat(99_999),
    }
    circle.self = circle
    let deep: object = {}
    for (let at = 0; at < 100; at += 1) deep = { deep }
    expect(JSON.stringify(redact({ circle, deep })).length).toBeLessThan(10_000)
  })
})

describe('a logger', () => {
  const written = (pretty = false) => {
    const lines: string[] = []
    return {
      lines,
      log: createLogger({
        level: 'info',
        service: 'souk',
        destination: { write: (line) => void lines.push(line) },
        pretty,
      }),
    }
  }
  test('writes one JSON object a line, with level, time, service, message and the fields of its parents', () => {
    const { lines, log } = written()
    log.child({ correlationId: 'c-1' }).warn({ shopId: 's-1' }, 'sale could not be ended')
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      service: 'souk',
      message: 'sale could not be ended',
      correlationId: 'c-1',
      shopId: 's-1',
    })
  })
  test('masks the fields of its children too', () => {
    const { lines, log } = written()
    log.child({ password: canary }).info({}, 'x')
    expect(lines.join()).not.toContain(canary)
  })
  test('is silent below its level', () => {
    const { lines, log } = written()
    log.debug({}, 'x')
    expect(lines).toEqual([])
  })
  test('writes for people on a terminal: message first, stacks on lines of their own', () => {
    const { lines, log } = written(true)
    log.error({ shopId: 's-1', error: new Error('boom') }, 'it broke')
    expect(lines[0]).toMatch(/it broke.*shopId=s-1 error=boom/)
    expect(lines[0]).toMatch(/\n {4}Error: boom\n {8}at /)
  })
})
