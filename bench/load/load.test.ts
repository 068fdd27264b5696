import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createHistogram } from './histogram.ts'
import { openHistory, readHistory, type HistoryRecord } from './history.ts'
import { keySource, seededRandom, shuffledIndexes } from './random.ts'
import type { HistoryEntry } from './types.ts'
import { createResponseReader, headerValue, retryAfterMs } from './response.ts'

describe('the histogram', () => {
  test('a quantile is at most 3.2 % above the value at its rank, and never below it', () =>
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.04, max: 100_000, noNaN: true }), { minLength: 1 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (values, quantile) => {
          const histogram = createHistogram()
          for (const value of values) histogram.record(value)
          const exact = values.toSorted((one, other) => one - other)[Math.ceil(quantile * values.length) - 1] ?? 0
          expect(histogram.quantileMs(quantile)).toBeGreaterThanOrEqual(exact * (1 - 1e-9))
          expect(histogram.quantileMs(quantile)).toBeLessThanOrEqual(exact * 1.032 + 0.001)
        },
      ),
    ))

  test('every value is in exactly one bucket', () =>
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e8, noNaN: true })), (values) => {
        const histogram = createHistogram()
        for (const value of values) histogram.record(value)
        expect(histogram.buckets().reduce((sum, { count }) => sum + count, 0)).toBe(values.length)
      }),
    ))
})

describe('randomness from a seed', () => {
  test('100,000 keys are 100,000 different UUIDs', () => {
    const keyOf = keySource(5, 'sale')
    const keys = new Set(Array.from({ length: 100_000 }, (_, sequence) => keyOf(sequence)))
    expect(keys.size).toBe(100_000)
    for (const key of keys) expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  test('another seed or another salt shares no key', () => {
    const keys = [keySource(5, 'a'), keySource(6, 'a'), keySource(5, 'b')].flatMap((keyOf) =>
      Array.from({ length: 10_000 }, (_, sequence) => keyOf(sequence)),
    )
    expect(new Set(keys).size).toBe(30_000)
  })

  test('a shuffle loses nobody', () =>
    expect([...shuffledIndexes(500, seededRandom(9))].toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 500 }, (_, i) => i),
    ))
})

describe('the history file', () => {
  const record: HistoryRecord = {
    sequence: 3_000_000_000,
    customer: 7,
    target: 2,
    sentAtEpochMs: 1_772_445_600_123,
    outcome: 'accepted',
    orderId: '019a3c00-1234-7abc-8def-0123456789ab',
    status: 201,
    code: '',
    latencyMs: 12.345,
    attempts: 2,
    repeat: true,
  }
  const inFolder = async (use: (file: string) => Promise<void>) => {
    const folder = await mkdtemp(join(tmpdir(), 'souk-history-'))
    await use(join(folder, 'history')).finally(() => rm(folder, { recursive: true }))
  }

  test('gives back what was written, across many chunks', () =>
    inFolder(async (file) => {
      const writer = await openHistory(file, { seed: 5, keySalt: 'salt' })
      for (let sequence = 0; sequence < 20_000; sequence++)
        writer.append(
          sequence % 2
            ? { ...record, sequence }
            : { ...record, sequence, outcome: 'refused', orderId: null, code: `code-${sequence % 10}`, repeat: false },
        )
      await writer.close()
      let sequence = 0
      const keyOf = keySource(5, 'salt')
      for await (const entry of readHistory(file)) {
        const { sentAtEpochMs, ...rest } = record
        const expected = { ...rest, sequence, sentAt: new Date(sentAtEpochMs), idempotencyKey: keyOf(sequence) }
        expect(entry).toEqual(
          sequence % 2
            ? expected
            : { ...expected, outcome: 'refused', orderId: null, code: `code-${sequence % 10}`, repeat: false },
        )
        sequence += 1
      }
      expect(sequence).toBe(20_000)
    }))

  test('a record cut short by a crash is left out, the ones before it are not', () =>
    inFolder(async (file) => {
      const writer = await openHistory(file, { seed: 5, keySalt: '' })
      writer.append(record)
      writer.append(record)
      await writer.close()
      await truncate(file, JSON.stringify({ format: 'souk-history-1', seed: 5, keySalt: '' }).length + 1 + 3 + 44 + 20)
      expect(await entriesOf(file)).toHaveLength(1)
    }))

  test('another file is not mistaken for one', () =>
    inFolder(async (file) => {
      await writeFile(file, 'hello\nworld')
      await expect(entriesOf(file)).rejects.toThrow('no client history')
    }))
})

async function entriesOf(file: string) {
  const entries: HistoryEntry[] = []
  for await (const entry of readHistory(file)) entries.push(entry)
  return entries
}

describe('reading answers', () => {
  test('however the network cuts an answer, it is read the same', () =>
    fc.assert(
      fc.property(fc.boolean(), fc.array(fc.nat(200)), (chunked, cuts) => {
        const body = '{"id":"x","text":"0\r\n\r\n"}'
        const whole = chunked
          ? `HTTP/1.1 201 Created\r\nTRANSFER-encoding: chunked\r\n\r\n5\r\n${body.slice(0, 5)}\r\n${(body.length - 5).toString(16)};x=y\r\n${body.slice(5)}\r\n0\r\n\r\n`
          : `HTTP/1.1 201 Created\r\nConTent-length: ${body.length}\r\n\r\n${body}`
        const reader = createResponseReader()
        const edges = [...new Set([0, ...cuts.map((cut) => cut % whole.length), whole.length])].toSorted(
          (a, b) => a - b,
        )
        const answers = edges.slice(1).map((end, index) => {
          const piece = Buffer.from(whole.slice(edges[index], end), 'latin1')
          return reader.feed(piece, piece.length)
        })
        expect(answers.at(-1)).toMatchObject({ status: 201, body, keepAlive: true })
        expect(answers.slice(0, -1).every((answer) => answer === null)).toBe(true)
      }),
    ))

  test('what is no HTTP is an error, not a wait', () => {
    const bytes = Buffer.from('SSH-2.0-OpenSSH')
    expect(() => createResponseReader().feed(bytes, bytes.length)).toThrow('not an HTTP answer')
  })

  test('a pause may be asked for in seconds or as a date', () => {
    const now = new Date('2026-03-02T10:00:00Z')
    expect(retryAfterMs('HTTP/1.1 503\r\nRetry-After: 3\r\n', now)).toBe(3_000)
    expect(retryAfterMs('HTTP/1.1 503\r\nretry-after: Mon, 02 Mar 2026 10:00:05 GMT\r\n', now)).toBe(5_000)
    expect(retryAfterMs('HTTP/1.1 503\r\n', now)).toBeNull()
    expect(headerValue('HTTP/1.1 200\r\nX-ODD-case:  v \r\n', 'x-odd-case')).toBe('v')
  })
})
