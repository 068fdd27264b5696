import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decide,
  nextStatus,
  nextVerification,
  registered,
  type ShopAction,
  type ShopStatus,
  sells,
  type StatusAction,
  shopStatuses,
  statusActions,
  type Verification,
  type VerificationAction,
  verificationActions,
  verifications,
} from './shop.ts'

/** "row  cell cell" lines under a line of column names; "-" is a refusal. */
function grid(text: string): { from: string; action: string; to: string | undefined }[] {
  const [head = [], ...rows] = text
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/\s+/))
  return rows.flatMap(([from = '', ...cells]) =>
    cells.map((cell, index) => ({ from, action: head[index] ?? '', to: cell === '-' ? undefined : cell })),
  )
}

describe('the state of a shop', () => {
  const table = grid(`
                open   suspend    reinstate   close
    registered  open   suspended  -           closed
    open        -      suspended  -           closed
    suspended   -      -          registered  closed
    closed      -      -          -           -`)
  test('the table names every state and action', () =>
    expect(table).toHaveLength(shopStatuses.length * statusActions.length))
  test.each(table)('$from: $action → $to', ({ from, action, to }) => {
    const move = () => nextStatus(from as ShopStatus, action as StatusAction)
    if (to === undefined) expect(move).toThrow(expect.objectContaining({ code: 'shop-move-refused' }))
    else expect(move()).toBe(to)
  })
})

describe('its verification', () => {
  const table = grid(`
                request  verify    reject
    unverified  pending  verified  -
    pending     -        verified  rejected
    rejected    pending  verified  -
    verified    -        -         rejected`)
  test('the table names every state and action', () =>
    expect(table).toHaveLength(verifications.length * verificationActions.length))
  test.each(table)('$from: $action → $to', ({ from, action, to }) => {
    const move = () => nextVerification(from as Verification, action as VerificationAction)
    if (to === undefined) expect(move).toThrow(expect.objectContaining({ code: 'shop-move-refused' }))
    else expect(move()).toBe(to)
  })
})

describe('a shop', () => {
  test('opens by being verified', () => {
    const { state, moves } = decide({ status: 'registered', verification: 'pending' }, 'verify', true)
    expect(state).toEqual({ status: 'open', verification: 'verified' })
    expect(moves).toEqual([
      { what: 'verification', from: 'pending', to: 'verified' },
      { what: 'status', from: 'registered', to: 'open' },
    ])
  })
  test('is open from the start where nothing is to be verified', () => expect(registered(false).status).toBe('open'))
  test('that is reinstated but not verified waits for its verification', () =>
    expect(decide({ status: 'suspended', verification: 'rejected' }, 'reinstate', true).state.status).toBe(
      'registered',
    ))
  test('whose verification is taken away stops selling', () =>
    expect(decide({ status: 'open', verification: 'verified' }, 'reject', true).state.status).toBe('suspended'))

  const actions = fc.array(fc.constantFrom<ShopAction>(...statusActions, ...verificationActions), { maxLength: 30 })
  const after = (history: readonly ShopAction[], needsVerification: boolean) =>
    history.reduce((state, action) => {
      try {
        return decide(state, action, needsVerification).state
      } catch {
        return state
      }
    }, registered(needsVerification))

  test('never sells unverified where verification is needed, whatever is tried', () =>
    fc.assert(
      fc.property(actions, (history) => {
        const state = after(history, true)
        expect(sells(state.status) && state.verification !== 'verified').toBe(false)
      }),
    ))
  test('that was closed stays closed', () =>
    fc.assert(
      fc.property(actions, actions, fc.boolean(), (before, then, needs) => {
        if (after(before, needs).status === 'closed') expect(after([...before, ...then], needs).status).toBe('closed')
      }),
    ))
})
