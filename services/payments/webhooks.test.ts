import { randomUUID } from 'node:crypto'
import { paymentsAuthorised } from '@souk/contracts'
import { testDatabase } from '@souk/testing'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { lookSooner } from './operations.sql.ts'
import { storyOf } from './story.ts'
import { auditAll } from './test-audit.ts'
import { paymentsWorld, type TestWorld } from './test-payments.ts'
import { applyWebhooks, keepWebhook, type WebhookDeps } from './webhooks.ts'

const database = await testDatabase([{ name: 'payments', migrations: new URL('./migrations/', import.meta.url) }])
const db = database.open('payments')
afterAll(() => database.close())
afterEach(async () => expect((await auditAll(db)).join('\n')).toBe(''))

function hooks(world: TestWorld) {
  const outcomes: string[] = []
  const deps: WebhookDeps = {
    db,
    clock: () => world.clock.now,
    log: world.deps.log,
    wake: () => {},
    onWebhook: (_provider, outcome) => outcomes.push(outcome),
  }
  return {
    outcomes,
    send: (reference: string, given: { id?: string; signature?: string; kind?: string } = {}) =>
      keepWebhook(deps, world.memory.provider, {
        headers: { 'x-signature': given.signature ?? 'right' },
        raw: Buffer.from(
          JSON.stringify({ id: given.id ?? randomUUID(), kind: given.kind ?? 'payment.captured', reference }),
        ),
        address: '203.0.113.9',
      }),
    apply: () => applyWebhooks(deps),
  }
}

/** A card whose customer has been sent to the provider, and has paid there. */
async function paidThere(world: TestWorld): Promise<string> {
  world.memory.troubles.push('ask-customer')
  const id = await world.asked({ method: 'card' })
  await world.dispatch()
  world.memory.pays(id)
  return id
}

describe('a webhook', () => {
  test('is kept, and what it speaks of is looked up', async () => {
    const world = paymentsWorld(db)
    const { send, apply } = hooks(world)
    const id = await paidThere(world)
    await send(id)
    expect(await world.state(id)).toBe('pending')
    await apply()
    await world.dispatch()
    expect(await world.state(id)).toBe('captured')
    const [story] = await storyOf(db.autocommit, id)
    expect(story?.entries.map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        'payment created',
        'authorise pending',
        'webhook received',
        'look found-captured',
        'payment captured',
      ]),
    )
  })

  test('five times and out of order changes nothing more than once', async () => {
    const world = paymentsWorld(db)
    const { send, apply, outcomes } = hooks(world)
    const id = await paidThere(world)
    const event = randomUUID()
    for (let time = 0; time < 5; time += 1) await send(id, { id: event })
    await send(id, { kind: 'payment.pending' })
    await apply()
    await world.dispatch()
    await apply()
    await world.settle(2)
    expect(outcomes).toEqual(['kept', 'repeated', 'repeated', 'repeated', 'repeated', 'kept'])
    expect(world.outbox.of(paymentsAuthorised)).toHaveLength(1)
    expect((await world.read(id)).payment.version).toBe(3)
  })

  test('at the same instant as the look that finds the same makes one transition, a hundred times', async () => {
    const world = paymentsWorld(db, { fraud: undefined })
    const { send, apply } = hooks(world)
    for (let time = 0; time < 100; time += 1) {
      const id = await paidThere(world)
      const record = await world.memory.provider.find(id)
      await send(id)
      await apply()
      await Promise.all([
        world.change(id, { do: 'learn', record }),
        world.dispatch(),
        world.change(id, { do: 'learn', record }),
      ])
      expect((await world.read(id)).payment).toMatchObject({ state: 'captured', version: 3 })
    }
    expect(world.outbox.of(paymentsAuthorised)).toHaveLength(100)
  })

  test('and the customer who comes back from the provider at the same instant, a thousand times: one transition, told once', async () => {
    const world = paymentsWorld(db, { fraud: undefined })
    const { send, apply } = hooks(world)
    const ids: string[] = []
    for (let round = 0; round < 50; round += 1) {
      world.memory.troubles.push(...Array.from({ length: 20 }, () => 'ask-customer' as const))
      const some = await Promise.all(Array.from({ length: 20 }, () => world.asked({ method: 'card' })))
      while ((await world.dispatch()) > 0);
      for (const id of some) world.memory.pays(id)
      ids.push(...some)
      // Two processes that take what is due, webhooks twice each, and everybody at the door, in no order.
      const work = async () => {
        while ((await apply()) + (await world.dispatch()) > 0);
      }
      await Promise.all(
        some.flatMap((id) => {
          const eventId = randomUUID()
          const comesBack = async () => void (await lookSooner(db.autocommit, id, world.clock.now))
          return [send(id, { id: eventId }), comesBack().then(work), send(id, { id: eventId }).then(work)]
        }),
      )
      await work()
    }
    const told = world.outbox.of(paymentsAuthorised).flatMap(({ payments }) => payments.map(({ orderId }) => orderId))
    expect(told.toSorted()).toEqual(ids.toSorted())
    for (const id of ids)
      expect((await world.read(id)).payment).toMatchObject({ state: 'captured', version: 3, capturedMinor: 1_999 })
    expect(ids.map((id) => world.memory.of(id).captures)).toEqual(ids.map(() => 1))
  }, 120_000)

  test('that comes while a look is under way has the provider asked once more', async () => {
    const world = paymentsWorld(db)
    const { send, apply } = hooks(world)
    world.memory.troubles.push('ask-customer')
    const id = await world.asked({ method: 'card' })
    await world.dispatch()
    await send(id)
    await apply()
    const { find } = world.memory.provider
    world.memory.provider.find = async (ours) => {
      world.memory.provider.find = find
      const before = await find(ours)
      world.memory.pays(id)
      await send(id)
      await apply()
      return before
    }
    await world.dispatch()
    expect(await world.state(id)).toBe('pending')
    await world.dispatch()
    expect(await world.state(id)).toBe('captured')
  })

  test('three days late tells nothing new', async () => {
    const world = paymentsWorld(db)
    const { send, apply } = hooks(world)
    const id = await paidThere(world)
    await world.settle(3)
    await world.refund(id, 500)
    await world.settle(3, 86_400_000)
    await send(id, { kind: 'payment.pending' })
    await apply()
    await world.dispatch()
    expect((await world.read(id)).payment).toMatchObject({ state: 'partly-refunded', refundedMinor: 500 })
  })

  test('that comes before our own row waits for it', async () => {
    const world = paymentsWorld(db)
    const { send, apply } = hooks(world)
    const ask = world.ask({ method: 'card', token: 'tok_1' })
    await send(ask.orderId)
    await apply()
    await world.authorise(ask)
    world.memory.troubles.push('lost-after')
    await world.dispatch()
    world.clock.now = new Date(world.clock.now.getTime() + 1_100)
    await apply()
    await world.dispatch()
    expect(await world.state(ask.orderId)).toBe('captured')
  })

  test('about nothing of ours is kept and left alone', async () => {
    const world = paymentsWorld(db)
    const { send, outcomes } = hooks(world)
    await send('somebody-elses')
    expect(outcomes).toEqual(['ignored'])
  })

  test('that is forged has no effect but a record without its body', async () => {
    const world = paymentsWorld(db)
    const { send, apply, outcomes } = hooks(world)
    const id = await paidThere(world)
    await expect(send(id, { signature: 'wrong' })).rejects.toMatchObject({
      code: 'webhook-refused',
      row: { status: 401 },
    })
    expect([outcomes, await apply()]).toEqual([['forged'], 0])
    const [row] = await database.query('select why, address, length(body_hash) as hash from payments.webhook_refusals')
    expect(row).toEqual({ why: 'forged', address: '203.0.113.9', hash: 32 })
    await world.settle(4)
  })

  test('in a flood of repeats costs one statement each', async () => {
    const world = paymentsWorld(db)
    const { send, outcomes } = hooks(world)
    const id = await paidThere(world)
    const event = randomUUID()
    await Promise.all(Array.from({ length: 300 }, () => send(id, { id: event })))
    expect(outcomes.filter((outcome) => outcome === 'kept')).toHaveLength(1)
    await world.settle(4)
  })
})
