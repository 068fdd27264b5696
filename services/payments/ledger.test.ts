import { array, assert, constantFrom, integer, property, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createJournals, entryOf, entryOfCapture, entryOfPromise, partOf, sharesOf } from './ledger.ts'
import { evolve, type Dossier, type Fact, type Payment } from './payment.ts'

const payment = (given: Partial<Payment> = {}): Payment => ({
  paymentId: 'p',
  shopId: 's',
  customerId: 'c',
  method: 'card',
  state: 'created',
  version: 1,
  amountMinor: 10_000,
  capturedMinor: 0,
  refundedMinor: 0,
  currency: 'EUR',
  commissionBp: 250,
  taxBp: 1_900,
  history: [['created', 0]],
  ...given,
})

const sumOf = (postings: readonly { amountMinor: number }[]) =>
  postings.reduce((sum, { amountMinor }) => sum + amountMinor, 0)

// In minor units every currency is whole; what differs is how large the numbers are: yen, euros, dinars.
const currency = constantFrom('JPY', 'EUR', 'KWD')
const amount = integer({ min: 0, max: 1_000_000_000_000 })
const basisPoints = integer({ min: 0, max: 10_000 })

describe('who gets what', () => {
  test('nothing is lost, nothing is invented, nobody pays for it', () =>
    assert(
      property(amount, basisPoints, basisPoints, (amountMinor, commissionBp, taxBp) => {
        const { shop, commission, tax } = sharesOf(amountMinor, commissionBp, taxBp)
        expect(shop + commission + tax).toBe(amountMinor)
        expect(Math.min(shop, commission, tax)).toBeGreaterThanOrEqual(0)
      }),
    ))
  test('a part is rounded down, exactly, however large the amount', () =>
    assert(
      property(amount, basisPoints, (amountMinor, bp) => {
        expect(BigInt(partOf(amountMinor, bp))).toBe((BigInt(amountMinor) * BigInt(bp)) / 10_000n)
      }),
    ))
  test('2.5 % of 19.99 is 0.49, and the shop has the rest', () =>
    expect(sharesOf(1_999, 250, 0)).toEqual({ shop: 1_950, commission: 49, tax: 0 }))
})

describe('the books', () => {
  test('balance after every fact of every life of a payment, and a payment wholly refunded leaves nothing behind', () =>
    assert(
      property(
        record({
          amountMinor: integer({ min: 1, max: 1_000_000_000_000 }),
          commissionBp: basisPoints,
          taxBp: basisPoints,
          currency,
        }),
        constantFrom('direct', 'promised'),
        array(integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 8 }),
        integer({ min: 0, max: 1_000 }),
        (given, way, weights, feeMinor) => {
          const sums = new Map<string, number>()
          let dossier: Dossier = {
            payment: payment(given),
            intent: undefined,
            refunds: [],
            giveBacks: [],
            unasked: false,
          }
          const happen = (fact: Fact) => {
            const { refunds } = dossier
            const entry = entryOf(dossier.payment, 'bank', fact, (id) =>
              refunds.find(({ refundId }) => refundId === id),
            )
            expect(sumOf(entry?.postings ?? [])).toBe(0)
            for (const { account, amountMinor } of entry?.postings ?? [])
              sums.set(account, (sums.get(account) ?? 0) + amountMinor)
            dossier = evolve(dossier, fact, 0)
          }
          if (way === 'promised') happen({ kind: 'authorised', providerReference: 'x' })
          const fee = Math.min(feeMinor, given.amountMinor)
          happen({ kind: 'captured', amountMinor: given.amountMinor, feeMinor: fee, providerReference: 'x' })
          // Parts in any proportion, the last one whatever is left.
          let left = given.amountMinor
          const total = weights.reduce((sum, weight) => sum + weight, 0)
          weights.forEach((weight, index) => {
            const amountMinor = index === weights.length - 1 ? left : Math.floor((given.amountMinor * weight) / total)
            if (amountMinor < 1) return
            left -= amountMinor
            const refundId = String(index)
            happen({
              kind: 'refund-asked',
              refund: {
                refundId,
                amountMinor,
                cause: '',
                state: 'waiting',
                toWallet: false,
                providerReference: null,
                askedBy: '',
                reason: '',
              },
            })
            happen({ kind: 'refund-settled', refundId, providerReference: null })
          })
          expect(dossier.payment).toMatchObject({ state: 'refunded', refundedMinor: given.amountMinor })
          for (const account of ['shop-payable', 'commission', 'tax', 'receivable', 'orders', 'refunds'])
            expect([account, sums.get(account) ?? 0]).toEqual([account, 0])
          // Providers do not give their fee back.
          expect([sums.get('fees') ?? 0, sums.get('clearing:bank') ?? 0]).toEqual([fee, fee === 0 ? 0 : -fee])
        },
      ),
    ))

  test('a batch is one journal for each shop, kind and currency, and names every payment', () => {
    const journals = createJournals()
    const enter = (paymentId: string, shopId: string, currency: string) =>
      journals.enter(shopId, currency, entryOfPromise(payment({ paymentId, amountMinor: 100 })))
    enter('1', 'a', 'EUR')
    enter('2', 'b', 'EUR')
    enter('3', 'a', 'EUR')
    enter('4', 'a', 'JPY')
    expect(journals.close().map(({ subjectIds, postings }) => [subjectIds, postings[0]?.amountMinor])).toEqual([
      [['1', '3'], 200],
      [['2'], 100],
      [['4'], 100],
    ])
  })

  test('an entry out of balance is never written', () => {
    const journals = createJournals()
    journals.enter('a', 'EUR', { kind: 'captured', subjectId: '1', postings: [{ account: 'cash', amountMinor: 1 }] })
    expect(() => journals.close()).toThrow('out of balance by 1')
  })

  test('a promise collected in part is no longer owed in whole', () => {
    const entry = entryOfCapture(payment({ state: 'authorised' }), 'cash', {
      amountMinor: 4_000,
      feeMinor: 0,
      promised: true,
    })
    expect(sumOf(entry.postings)).toBe(0)
    expect(entry.postings).toContainEqual({ account: 'receivable', amountMinor: -10_000 })
    expect(entry.postings).toContainEqual({ account: 'cash', amountMinor: 4_000 })
  })
})
