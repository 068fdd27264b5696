import { describe, expect, test } from 'vitest'
import type { Lot } from './lots.ts'
import { decideChange, type Item, movementKind, ranLow, ungranted, unnamedLot } from './stock.ts'

const item = (given: Partial<Item> = {}): Item => ({
  variantId: 'pot',
  productId: 'p',
  shopId: 's',
  sku: 'POT',
  title: 'Teapot',
  active: true,
  onHand: 10,
  leaving: 0,
  allotted: 10,
  granting: 0,
  withdrawing: 0,
  alertLevel: null,
  version: 1,
  ...given,
})
const lot = (given: Partial<Lot> = {}): Lot => ({
  lotId: 'only',
  variantId: 'pot',
  locationId: 'main',
  shopId: 's',
  code: '',
  expiresOn: null,
  receivedAt: new Date(0),
  onHand: 10,
  assigned: 0,
  leaving: 0,
  ...given,
})
const at = { variantId: 'pot', locationId: 'main' }

describe('changing stock', () => {
  test('more is put on the shelf at once', () =>
    expect(decideChange([{ ...at, by: 5 }], [item()], [lot()])).toEqual({
      kind: 'apply',
      lines: [{ ...at, delta: 5, withdraw: 0, into: unnamedLot, takes: [] }],
    }))

  test('setting what is there already changes nothing', () =>
    expect(decideChange([{ ...at, to: 10 }], [item()], [lot()])).toEqual({ kind: 'nothing' }))

  test('what orders may promise is had back before it is taken', () =>
    expect(decideChange([{ ...at, to: 6 }], [item()], [lot()])).toEqual({
      kind: 'withdraw',
      lines: [
        { ...at, delta: -4, withdraw: 4, into: undefined, takes: [{ lotId: 'only', variantId: 'pot', units: 4 }] },
      ],
    }))

  test('what is not allotted is taken without asking', () =>
    expect(decideChange([{ ...at, by: -3 }], [item({ allotted: 7 })], [lot()])).toMatchObject({
      kind: 'apply',
      lines: [{ withdraw: 0 }],
    }))

  test('more than lies there cannot be taken, and how many can is said', () =>
    expect(decideChange([{ ...at, by: -11 }], [item()], [lot()])).toEqual({
      kind: 'short',
      lines: [{ variantId: 'pot', atMost: 10 }],
    }))

  test('nothing is decided on units whose transfer has not ended', () => {
    const leaving = item({ leaving: 8, withdrawing: 8 })
    expect(decideChange([{ ...at, by: -5 }], [leaving], [lot({ leaving: 8 })])).toEqual({ kind: 'wait' })
    expect(decideChange([{ ...at, to: 5 }], [leaving], [lot({ leaving: 8 })])).toEqual({ kind: 'wait' })
    const coming = item({ allotted: 0, granting: 10 })
    expect(decideChange([{ ...at, by: -1 }], [coming], [lot()])).toEqual({ kind: 'wait' })
  })

  test('two that take from one variant count on different units', () =>
    expect(
      decideChange([{ ...at, by: -4 }], [item({ leaving: 5, withdrawing: 5 })], [lot({ leaving: 5 })]),
    ).toMatchObject({ kind: 'withdraw', lines: [{ delta: -4, withdraw: 4 }] }))

  test('what is set apart for orders stays, and how many can go is said', () => {
    expect(decideChange([{ ...at, by: -7 }], [item()], [lot({ assigned: 4 })])).toEqual({
      kind: 'set-apart',
      lines: [{ variantId: 'pot', atMost: 6 }],
    })
  })

  test('without a lot named units go from the one that expires first', () => {
    const lots = [lot({ lotId: 'keeps' }), lot({ lotId: 'late', expiresOn: '2027-01-01' })]
    const soon = lot({ lotId: 'soon', expiresOn: '2026-12-01', onHand: 3, assigned: 1 })
    expect(decideChange([{ ...at, by: -4 }], [item({ onHand: 23, allotted: 0 })], [...lots, soon])).toMatchObject({
      lines: [
        {
          takes: [
            { lotId: 'soon', units: 2 },
            { lotId: 'late', units: 2 },
          ],
        },
      ],
    })
  })

  test('a lot is cleared of all that nobody is to have, and of nothing else', () => {
    const lots = [lot({ code: 'A', assigned: 3, leaving: 2 }), lot({ lotId: 'other' })]
    const clear = decideChange(
      [{ ...at, lot: { code: 'A', expiresOn: null }, clear: true }],
      [item({ onHand: 20 })],
      lots,
    )
    expect(clear).toMatchObject({ lines: [{ delta: -5, takes: [{ lotId: 'only', units: 5 }] }] })
  })

  test('a variant has a thousand million units at most', () =>
    expect(decideChange([{ ...at, by: 1_000_000_000 }], [item()], [lot()])).toMatchObject({ kind: 'too-many' }))
})

test('everything on the shelf that is not allotted or on its way is to be granted', () => {
  expect(ungranted(item({ allotted: 4, granting: 2 }))).toBe(4)
  expect(ungranted(item({ leaving: 3, withdrawing: 3 }))).toBe(0)
})

test('an alert is due when stock falls to or below its level, and not again until it has risen', () => {
  expect(ranLow(item({ onHand: 3, alertLevel: 3 }), 4)).toBe(true)
  expect(ranLow(item({ onHand: 2, alertLevel: 3 }), 3)).toBe(false)
  expect(ranLow(item({ onHand: 3, alertLevel: null }), 4)).toBe(false)
})

test('the ledger tells receipts, write-offs and corrections apart', () => {
  expect(movementKind('received', 5)).toBe('receipt')
  expect(movementKind('received', -5)).toBe('adjustment')
  expect(movementKind('damaged', -1)).toBe('write-off')
  expect(movementKind('counted', 2)).toBe('adjustment')
})
