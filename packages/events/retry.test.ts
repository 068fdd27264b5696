import { DomainError } from '@souk/errors'
import { DatabaseUnavailable, OutcomeUnknown } from '@souk/postgres'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { delayMs, isFinal, isOutage, usualBackoff } from './retry.ts'

const domainError = (status: 404 | 409 | 429 | 500 | 503) =>
  new DomainError('code', { status, title: '', help: '' }, '')
const serverError = (code: string) => Object.assign(new Error('from the server'), { code, severity: 'ERROR' })

describe('trying again', () => {
  test('waits one second and then twice as long each time, up to a minute', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 50].map((attempt) => delayMs(usualBackoff, attempt, 0.5) / 1_000)).toEqual([
      1, 2, 4, 8, 16, 32, 60, 60, 60,
    ])
  })

  test('is at most a quarter early or late', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
        const share = delayMs(usualBackoff, attempt, random) / delayMs(usualBackoff, attempt, 0.5)
        expect(share).toBeGreaterThanOrEqual(0.75)
        expect(share).toBeLessThanOrEqual(1.25)
      }),
    ))

  test('is no use when the answer is a refusal', () => {
    expect([404, 409].map((status) => isFinal(domainError(status as 404)))).toEqual([true, true])
    expect([429, 500, 503].map((status) => isFinal(domainError(status as 429)))).toEqual([false, false, false])
    expect(isFinal(new Error('a fault of ours'))).toBe(false)
  })

  test.each([
    ['the database is away', new DatabaseUnavailable(new Error()), true],
    ['the connection was cut', new OutcomeUnknown(new Error()), true],
    ['a deadlock', serverError('40P01'), true],
    ['the disk is full', serverError('53100'), true],
    ['the database only reads, it is failing over', serverError('25006'), true],
    ['a broken constraint', serverError('23505'), false],
    ['a statement that takes too long, which a smaller batch may not', serverError('57014'), false],
    ['a fault of ours', new TypeError('undefined is not a function'), false],
  ])('%s', (_, error, outage) => {
    expect(isOutage(error)).toBe(outage)
  })
})
