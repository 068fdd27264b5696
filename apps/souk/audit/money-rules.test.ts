import { describe, expect, test } from 'vitest'
import { type Due, faultOf, type Standing } from './money-rules.ts'

const nowMs = 1_800_000_000_000

const due = (more: Partial<Due> = {}): Due => ({
  orderId: 'order',
  status: 'confirmed',
  sinceMs: BigInt(nowMs - 600_000),
  paymentMethod: 'card',
  totalMinor: 1_999n,
  currencyCode: 'EUR',
  returnedMinor: 0n,
  returningMinor: 0n,
  undeliveredMinor: 0n,
  undeliveredSettledMinor: 0n,
  undoing: false,
  ...more,
})
const paid = (more: Partial<Standing> = {}): Standing => ({
  orderId: 'order',
  method: 'card',
  state: 'captured',
  amountMinor: 1_999n,
  capturedMinor: 1_999n,
  refundedMinor: 0n,
  returnedMinor: 0n,
  cancelledMinor: 0n,
  currencyCode: 'EUR',
  underWay: false,
  letGo: false,
  ...more,
})
const promised = { state: 'authorised', capturedMinor: 0n }
const sentBack = { state: 'refunded', refundedMinor: 1_999n, cancelledMinor: 1_999n }
const delivered = (more: Partial<Due> = {}) => due({ status: 'delivered', ...more })
const cancelled = (more: Partial<Due> = {}) => due({ status: 'cancelled', ...more })
const cash = 'cash-on-delivery'
/** Of which 500 could not be delivered, and has come back to the shop. */
const inPart = (more: Partial<Due> = {}) =>
  delivered({
    paymentMethod: cash,
    undeliveredMinor: 500n,
    undeliveredSettledMinor: 500n,
    returnedMinor: 500n,
    ...more,
  })
const partlyReturned = { state: 'partly-refunded', refundedMinor: 500n, returnedMinor: 500n }

describe('money that is as it should be is not complained of', () => {
  test.each<[string, Due | undefined, Standing | undefined]>([
    ['collected for a confirmed order', due(), paid()],
    ['promised for a confirmed order', due(), paid(promised)],
    ['promised for one that was delivered a moment ago', delivered({ sinceMs: BigInt(nowMs - 1_000) }), paid(promised)],
    ['being collected for a delivered one', delivered(), paid({ ...promised, underWay: true })],
    ['none yet, for one that is placed', due({ status: 'placed' }), undefined],
    ['none, for one that was paid elsewhere', delivered({ paymentMethod: 'external' }), undefined],
    ['sent back for a cancelled order', cancelled(), paid(sentBack)],
    ['on its way back for a cancelled order', cancelled(), paid({ underWay: true })],
    ['kept while a cancelled order is being undone', cancelled({ undoing: true }), paid()],
    ['never paid for a cancelled order', cancelled(), paid({ state: 'failed', capturedMinor: 0n })],
    ['never asked for, for a cancelled order', cancelled(), undefined],
    ['given back for a settled return', delivered({ returnedMinor: 500n }), paid(partlyReturned)],
    ['given back for a return about to be settled', delivered({ returningMinor: 500n }), paid(partlyReturned)],
    ['given back by an operator', delivered(), paid({ state: 'partly-refunded', refundedMinor: 500n })],
    [
      'let go of where nothing could be delivered',
      due({ status: 'shipped', returnedMinor: 1_999n }),
      paid({ state: 'voided', capturedMinor: 0n }),
    ],
    [
      'let go of by somebody of the shop',
      due({ status: 'shipped' }),
      paid({ state: 'voided', capturedMinor: 0n, letGo: true }),
    ],
    ['sent back of an order that is not there', undefined, paid(sentBack)],
    ['taken at the door for what arrived', inPart(), paid({ method: cash, capturedMinor: 1_499n })],
    [
      'taken at the door for what arrived, of which a part was returned',
      inPart({ returnedMinor: 800n }),
      paid({ method: cash, state: 'partly-refunded', capturedMinor: 1_499n, refundedMinor: 300n, returnedMinor: 300n }),
    ],
    [
      'taken for all of it by hand, and given back for what did not arrive',
      inPart(),
      paid({ ...partlyReturned, method: cash }),
    ],
    [
      'not taken at the door, where only what was free arrived',
      inPart({ undeliveredMinor: 1_999n, undeliveredSettledMinor: 0n, returnedMinor: 0n }),
      paid({ method: cash, state: 'voided', capturedMinor: 0n }),
    ],
    ['of nothing at all', undefined, undefined],
  ])('%s', (_, order, payment) => expect(faultOf(order, payment, nowMs)).toBeUndefined())
})

describe('each way in which orders and payments differ is told', () => {
  test.each<[string, Due | undefined, Standing | undefined]>([
    ['is confirmed, and nothing was paid or promised for it', due(), undefined],
    ['is confirmed, and its payment is failed', due(), paid({ state: 'failed', capturedMinor: 0n })],
    ['is confirmed, and its payment is pending', due(), paid({ state: 'pending', capturedMinor: 0n })],
    ['is shipped, and its payment is voided', due({ status: 'shipped' }), paid({ state: 'voided', capturedMinor: 0n })],
    ['costs 1999 EUR by card, and its payment is of 1998 EUR by card', due(), paid({ amountMinor: 1_998n })],
    ['costs 1999 EUR by card, and its payment is of 1999 USD by card', due(), paid({ currencyCode: 'USD' })],
    [
      'costs 1999 EUR by card, and its payment is of 1 EUR by card',
      due({ status: 'placed' }),
      paid({ amountMinor: 1n }),
    ],
    ['costs 1999 EUR, and 1000 was collected', due(), paid({ capturedMinor: 1_000n })],
    ['is delivered, and its 1999 EUR were not collected', delivered(), paid(promised)],
    ['is cancelled, and of 1999 EUR collected 1999 was not given back', cancelled(), paid()],
    [
      'is cancelled, and of 1999 EUR collected 1499 was not given back',
      cancelled(),
      paid({ state: 'partly-refunded', refundedMinor: 500n }),
    ],
    ['is cancelled, and its payment is still authorised', cancelled(), paid(promised)],
    ['is confirmed, and 1999 EUR was given back as of a cancelled order', due(), paid(sentBack)],
    ['has returns of 500 EUR, and only 0 was given back for them', delivered({ returnedMinor: 500n }), paid()],
    ['has returns of 0 EUR, and 500 was given back for them', delivered(), paid(partlyReturned)],
    [
      'has returns of 0 EUR, and 500 was given back for them',
      inPart(),
      paid({ ...partlyReturned, method: cash, capturedMinor: 1_499n }),
    ],
    ['costs 1999 EUR, and 1498 was collected', inPart(), paid({ method: cash, capturedMinor: 1_498n })],
    ['costs 1999 EUR, and 1499 was collected', inPart({ paymentMethod: 'card' }), paid({ capturedMinor: 1_499n })],
    ['has returns of 500 EUR, and only 0 was given back for them', inPart(), paid({ method: cash })],
    ['is not there, but 1999 EUR was collected for it and kept', undefined, paid()],
    ['is not there, but its payment is authorised', undefined, paid(promised)],
  ])('%s', (message, order, payment) => expect(faultOf(order, payment, nowMs)).toBe(message))
})
