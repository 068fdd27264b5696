import { describe, expect, test } from 'vitest'
import { dateParser } from './dates.ts'

const read = (format: string, text: string, zone?: string) => {
  const atMs = dateParser([format], zone)(text)
  return atMs === undefined ? undefined : new Date(atMs).toISOString()
}

describe('dates are read as the mapping says they are written', () => {
  test.each([
    ['yyyy-MM-dd HH:mm:ss', '2026-10-06 16:20:00', '2026-10-06T16:20:00.000Z'],
    ['M/d/yyyy H:mm', '12/1/2026 9:03', '2026-12-01T09:03:00.000Z'],
    ['d/M/yyyy H:mm', '12/1/2026 9:03', '2026-01-12T09:03:00.000Z'],
    ['dd.MM.yyyy', '06.10.2026', '2026-10-06T00:00:00.000Z'],
    ['dd.MM.yy', '06.10.26', '2026-10-06T00:00:00.000Z'],
    ['iso', '2026-10-06T16:20:00+02:00', '2026-10-06T14:20:00.000Z'],
  ])('%s reads %s', (format, text, instant) => {
    expect(read(format, text)).toBe(instant)
  })

  test.each([
    ['M/d/yyyy', '13/1/2026'],
    ['yyyy-MM-dd', '2026-02-30'],
    ['yyyy-MM-dd HH:mm', '2026-02-03 24:10'],
    ['yyyy-MM-dd', 'yesterday'],
    ['iso', '2026-10-06T16:20:00'],
  ])('%s does not read %s', (format, text) => {
    expect(read(format, text)).toBeUndefined()
  })

  test('the first format that fits is the one', () => {
    const parse = dateParser(['yyyy-MM-dd', 'M/d/yyyy'])
    expect([parse('2026-12-01'), parse('12/1/2026')]).toEqual([Date.UTC(2026, 11, 1), Date.UTC(2026, 11, 1)])
  })

  test('the clock on the wall is that of the zone, in summer and in winter', () => {
    expect(read('yyyy-MM-dd HH:mm', '2026-07-01 12:00', 'Europe/London')).toBe('2026-07-01T11:00:00.000Z')
    expect(read('yyyy-MM-dd HH:mm', '2026-12-01 12:00', 'Europe/London')).toBe('2026-12-01T12:00:00.000Z')
    expect(read('yyyy-MM-dd HH:mm', '2026-12-01 12:00', 'America/New_York')).toBe('2026-12-01T17:00:00.000Z')
  })

  test('a format that cannot be understood is said so', () => {
    expect(() => dateParser(['yyyy-qq-dd'])).toThrow('letters that mean nothing')
    expect(() => dateParser(['HH:mm'])).toThrow('has no y')
    expect(() => dateParser(['yyyy-MM-dd dd'])).toThrow('twice')
    expect(() => dateParser(['yyyy-MM-dd'], 'Mars')).toThrow('no time zone')
  })
})
