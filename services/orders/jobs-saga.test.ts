import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type SagaJobDeps, sagaContinuer } from './jobs-saga.ts'

/** There is always a step that is due, as while a service is away that hundreds of orders wait for. */
function alwaysDue() {
  let rounds = 0
  const autocommit = {
    async many({ text }: { text: string }) {
      if (!text.includes('order_steps')) return []
      rounds += 1
      await sleep(1)
      return [{ orderId: 'o', step: 'of a later release' }]
    },
  }
  const deps = { shards: { all: () => [{ db: { autocommit } }] }, saga: { steps: [] }, clock: () => new Date() }
  return { continuer: sagaContinuer(deps as never as SagaJobDeps), rounds: () => rounds }
}

test('a process that is told to end does not wait until no order is due any more', async () => {
  const { continuer, rounds } = alwaysDue()
  const stopping = new AbortController()
  const running = continuer.drain(stopping.signal)
  while (rounds() < 6) await sleep(1)
  stopping.abort()
  await running
})

test('nor does who was woken by an event', async () => {
  const { continuer, rounds } = alwaysDue()
  continuer.wake()
  while (rounds() < 6) await sleep(1)
  await continuer.stop()
  const after = rounds()
  await sleep(5)
  expect(rounds()).toBe(after)
})
