import { describe, expect, test } from 'vitest'
import { createTermsMemory, type Terms } from './terms.ts'

const termsOf = (variantId: string, ...sales: string[]): Terms => ({
  variantId,
  productId: 'product',
  shopId: 'shop',
  sku: 'SKU',
  title: 'A thing',
  priceMinor: 100,
  currency: 'EUR',
  priceVersion: 1,
  selling: true,
  shopSelling: true,
  asks: false,
  version: 1,
  windows: sales.map((saleWindowId) => ({
    saleWindowId,
    priceMinor: 50,
    startsAtMs: 0,
    endsAtMs: 1,
    capPerCustomer: 0,
  })),
})

describe('what is remembered of variants', () => {
  test('is no more than it may be: the oldest leaves, with what it and its sales had left', () => {
    const memory = createTermsMemory(2)
    for (const name of ['first', 'second', 'third']) {
      memory.learn(termsOf(name, `sale of ${name}`))
      memory.setRemaining(name, 5)
      memory.setRemaining(`sale of ${name}`, 7)
    }
    expect([memory.get('first'), memory.remainingOf('first'), memory.remainingOf('sale of first')]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(memory.get('second')).toMatchObject({ variantId: 'second' })
    expect([memory.remainingOf('third'), memory.remainingOf('sale of third')]).toEqual([5, 7])
  })

  test('goes down by what is taken, and of what is not remembered nothing is taken', () => {
    const memory = createTermsMemory()
    memory.learn(termsOf('thing'))
    memory.setRemaining('thing', 5)
    memory.take('thing', 2)
    memory.take('unknown', 2)
    expect([memory.remainingOf('thing'), memory.remainingOf('unknown')]).toEqual([3, undefined])
  })

  test('is renewed whole: learnt again, a variant has no remaining units until they are read again', () => {
    const memory = createTermsMemory()
    memory.learn(termsOf('thing', 'old sale'))
    memory.setRemaining('thing', 5)
    memory.setRemaining('old sale', 5)
    memory.learn(termsOf('thing', 'new sale'))
    expect(['thing', 'old sale', 'new sale'].map(memory.remainingOf)).toEqual([undefined, undefined, undefined])
  })

  test('holds a bounded number of caps, the latest', () => {
    const memory = createTermsMemory(10, 2)
    for (const customer of ['a', 'b', 'c']) memory.setCap(customer, 1)
    expect(['a', 'b', 'c'].map(memory.remainingOf)).toEqual([undefined, 1, 1])
  })
})
