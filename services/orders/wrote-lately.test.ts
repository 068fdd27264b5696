import { expect, test } from 'vitest'
import { createWroteLately } from './wrote-lately.ts'

test('whoever has just ordered is remembered for half a minute, from the last time on', () => {
  let now = 0
  const lately = createWroteLately(() => new Date(now))
  lately.add('ann')
  lately.add('bob')
  now = 20_000
  lately.add('ann')
  now = 31_000
  expect([lately.has('ann'), lately.has('bob'), lately.has('cid')]).toEqual([true, false, false])
})
