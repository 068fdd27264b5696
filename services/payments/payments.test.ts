import { randomUUID } from 'node:crypto'
import { paymentCaptured, paymentFailed, paymentInitiated, paymentRefunded, paymentsAuthorised } from '@souk/contracts'
import { PaymentsAuthorisedSchema } from '@souk/contracts/payments'
import { codecOf, decodeBatch } from '@souk/events'
import { eventually, testDatabase } from '@souk/testing'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { auditAll } from './test-audit.ts'
import { paymentsWorld, putInWallet, type Trouble } from './test-payments.ts'

const database = await testDatabase([{ name: 'payments', migrations: new URL('./migrations/', import.meta.url) }])
const db = database.open('payments')
afterAll(() => database.close())
afterEach(async () => expect((await auditAll(db)).join('\n')).toBe(''))

const balance = async (customerId: string) =>
  Number(
    (
      await database.query<{ balance_minor: string }>(
        'select balance_minor from payments.wallets where customer_id = $1',
        [customerId],
      )
    )[0]?.balance_minor ?? 0,
  )

describe('asking for the money of orders', () => {
  test('cash on delivery is promised at once, told of once for each shop, and entered as one sum', async () => {
    const world = paymentsWorld(db)
    const other = randomUUID()
    const asks = [world.ask(), world.ask({ amountMinor: 1 }), world.ask({ shopId: other })]
    expect(await world.authorise(...asks)).toEqual(asks.map(() => ({ decision: 'authorised', reason: '' })))
    const [row] = await database.query<{ batch: Buffer }>(
      'select batch from payments.outbox order by xid desc, seq desc limit 1',
    )
    const codec = codecOf(PaymentsAuthorisedSchema)
    const told = [...decodeBatch(row?.batch ?? Buffer.alloc(0))].map(({ payload }) => codec.decode(payload))
    expect(told).toMatchObject([
      {
        shopId: world.shopId,
        payments: [{ orderId: asks[0]?.orderId, captured: false }, { orderId: asks[1]?.orderId }],
      },
      { shopId: other, payments: [{ orderId: asks[2]?.orderId }] },
    ])
    const journals = await database.query(
      `select kind, subject_ids, (select sum(amount_minor) from payments.postings p where p.journal_id = j.journal_id
         and account = 'receivable')::int as minor from payments.journals j where shop_id = $1`,
      [world.shopId],
    )
    expect(journals).toEqual([{ kind: 'authorised', subject_ids: [asks[0]?.orderId, asks[1]?.orderId], minor: 2_000 }])
  })

  test('asked again gives the decision as it now is, and charges nothing again', async () => {
    const world = paymentsWorld(db)
    const [first, second, fresh] = [world.ask({ method: 'card', token: 'tok_1' }), world.ask(), world.ask()]
    await world.authorise(first, second)
    await world.settle(1)
    const again = await world.authorise(second, fresh, first, fresh)
    expect(again.map(({ decision }) => decision)).toEqual(['authorised', 'authorised', 'authorised', 'authorised'])
    expect(world.memory.calls).toEqual(['authorise'])
  })

  test('for the same orders by two processes at once is done once', async () => {
    const world = paymentsWorld(db)
    const asks = Array.from({ length: 50 }, () => world.ask())
    const answers = await Promise.all([world.authorise(...asks), world.authorise(...asks.toReversed())])
    expect(answers.flat().every(({ decision }) => decision === 'authorised')).toBe(true)
  })

  test('takes from a wallet what is there, in the order of asking, and not a penny more', async () => {
    const world = paymentsWorld(db)
    const customerId = randomUUID()
    await putInWallet(db, customerId, 5_000)
    const ask = (amountMinor: number) => world.ask({ method: 'wallet', customerId, amountMinor })
    const decided = await world.authorise(ask(3_000), ask(3_000), ask(2_000), ask(1))
    expect(decided).toEqual([
      { decision: 'authorised', reason: '' },
      { decision: 'refused', reason: 'insufficient-funds' },
      { decision: 'authorised', reason: '' },
      { decision: 'refused', reason: 'insufficient-funds' },
    ])
    expect(await balance(customerId)).toBe(0)
  })

  test('spends a wallet once, however many ask at the same instant', async () => {
    const world = paymentsWorld(db)
    const customerId = randomUUID()
    await putInWallet(db, customerId, 1_000)
    const answers = await Promise.all(
      Array.from({ length: 30 }, () =>
        world.authorise(world.ask({ method: 'wallet', customerId, amountMinor: 1_000 })),
      ),
    )
    expect(answers.flat().filter(({ decision }) => decision === 'authorised')).toHaveLength(1)
    expect(await balance(customerId)).toBe(0)
  })

  test('refuses what looks like fraud before anybody is asked for money', async () => {
    const world = paymentsWorld(db)
    const customerId = randomUUID()
    const ask = (amountMinor: number) => world.ask({ method: 'card', token: 'tok_1', customerId, amountMinor })
    for (let index = 0; index < 8; index += 1) await world.authorise(ask(100))
    expect(await world.authorise(ask(6_000_000))).toEqual([{ decision: 'refused', reason: 'fraud' }])
    const relaxed = paymentsWorld(db, { fraud: undefined })
    expect(await relaxed.authorise({ ...ask(6_000_000) })).toMatchObject([{ decision: 'pending' }])
  })

  test('never takes a card number, and keeps nothing of it', async () => {
    const world = paymentsWorld(db)
    const ask = world.ask({ method: 'card', token: '4242 4242 4242 4242' })
    expect(await world.authorise(ask)).toEqual([{ decision: 'refused', reason: 'declined' }])
    const tables = await database.query<{ name: string }>(
      "select tablename as name from pg_tables where schemaname = 'payments'",
    )
    for (const { name } of tables) {
      const found = await database.query(`select 1 from payments."${name}" t where t::text ~ '4242[ -]?4242'`)
      expect(found, name).toEqual([])
    }
  })

  test('a free order is paid, whatever the method', async () => {
    const world = paymentsWorld(db)
    const asks = ['card', 'wallet', 'cash-on-delivery'].map((method) => world.ask({ method, amountMinor: 0 }))
    expect((await world.authorise(...asks)).every(({ decision }) => decision === 'authorised')).toBe(true)
  })

  test('a method nobody knows, or that no provider is set up for, is refused', async () => {
    const world = paymentsWorld(db, { providers: { named: () => undefined, forMethod: () => undefined, all: [] } })
    const asks = [world.ask({ method: 'shells' }), world.ask({ method: 'card' })]
    expect((await world.authorise(...asks)).map(({ reason }) => reason)).toEqual(['declined', 'provider'])
  })
})

describe('a card', () => {
  test('waits until its provider has answered, and is collected then', async () => {
    const world = paymentsWorld(db)
    const ask = world.ask({ method: 'card', token: 'tok_1' })
    expect(await world.authorise(ask)).toEqual([{ decision: 'pending', reason: '' }])
    await world.dispatch()
    expect(await world.state(ask.orderId)).toBe('captured')
    expect(world.outbox.of(paymentsAuthorised)).toMatchObject([
      { shopId: world.shopId, payments: [{ orderId: ask.orderId, captured: true, amountMinor: 1_999n }] },
    ])
  })

  test('is decided at once when its provider answers many at once', async () => {
    const world = paymentsWorld(db)
    world.memory.answerMany()
    world.memory.troubles.push('none', 'decline', 'lost-after')
    const asks = Array.from({ length: 3 }, () => world.ask({ method: 'card', token: 'tok_1' }))
    expect((await world.authorise(...asks)).map(({ decision }) => decision)).toEqual([
      'authorised',
      'refused',
      'pending',
    ])
    await world.settle(2)
    expect(await world.state(asks[2]?.orderId ?? '')).toBe('captured')
    expect(world.memory.calls).toEqual(['authorise', 'authorise', 'authorise', 'find'])
  })

  test('with a slow provider that answers many at once is left to wait', async () => {
    const world = paymentsWorld(db, { atOnceMs: 20 })
    world.memory.answerMany()
    const provider = { ...world.memory.provider, authoriseMany: () => new Promise<never>(() => {}) }
    world.deps.providers = { named: () => provider, forMethod: () => provider, all: [provider] }
    expect(await world.authorise(world.ask({ method: 'card', token: 'tok_1' }))).toMatchObject([
      { decision: 'pending' },
    ])
  })

  test('that is declined fails, and says so', async () => {
    const world = paymentsWorld(db)
    world.memory.troubles.push('decline')
    const id = await world.asked({ method: 'card', token: 'tok_1' })
    await world.dispatch()
    expect(await world.state(id)).toBe('failed')
    expect(world.outbox.of(paymentFailed)).toMatchObject([{ orderId: id, reason: 'declined', detail: 'card_declined' }])
  })

  test('whose customer has to approve it says where, and forgets that when it is decided', async () => {
    const world = paymentsWorld(db)
    world.memory.troubles.push('ask-customer')
    const id = await world.asked({ method: 'card' })
    await world.dispatch()
    expect((await world.read(id)).intent?.redirectUrl).toMatch(/^https:/)
    expect(world.outbox.of(paymentInitiated)).toMatchObject([{ orderId: id, provider: world.memory.provider.name }])
    world.memory.pays(id)
    await world.settle(3)
    expect((await world.read(id)).payment.state).toBe('captured')
    expect((await world.read(id)).intent?.redirectUrl).toBeNull()
  })

  const unknown: readonly [Trouble[], string[]][] = [
    [['lost-after'], ['authorise', 'find']],
    [['lost-before'], ['authorise', 'find', 'authorise']],
    [
      ['lost-before', 'lost-after'],
      ['authorise', 'find', 'authorise', 'find'],
    ],
    [
      ['down', 'down', 'none'],
      ['authorise', 'authorise', 'authorise'],
    ],
  ]
  test.each(unknown)('whose answer is lost (%j) is looked up before anything is repeated', async (troubles, calls) => {
    const world = paymentsWorld(db)
    world.memory.troubles.push(...troubles)
    const id = await world.asked({ method: 'card', token: 'tok_1' })
    await world.settle(8)
    expect(await world.state(id)).toBe('captured')
    expect(world.memory.calls).toEqual(calls)
    expect(world.memory.of(id).captures).toBe(1)
  })

  test('is never asked for again when the provider refused it', async () => {
    const world = paymentsWorld(db)
    world.memory.troubles.push('refuse')
    const id = await world.asked({ method: 'card', token: 'tok_1' })
    await world.settle(5)
    expect(await world.state(id)).toBe('failed')
    expect(world.memory.calls).toEqual(['authorise'])
  })

  test('that the provider took for another amount is not accepted, and goes back', async () => {
    const world = paymentsWorld(db)
    world.memory.troubles.push('wrong-amount')
    const id = await world.asked({ method: 'card', token: 'tok_1' })
    await world.settle(4)
    expect(await world.state(id)).toBe('failed')
    expect(world.alarms).toHaveLength(1)
    expect(world.memory.of(id)).toMatchObject({ capturedMinor: 2_000, refundedMinor: 2_000 })
  })

  test('that is collected when goods leave is promised first', async () => {
    const world = paymentsWorld(db, { capture: 'shipment' })
    const id = await world.asked({ method: 'card', token: 'tok_1' })
    await world.dispatch()
    expect(await world.state(id)).toBe('authorised')
    await world.change(id, { do: 'ship' })
    await world.dispatch()
    expect(await world.state(id)).toBe('captured')
    expect(world.outbox.of(paymentCaptured)).toMatchObject([{ orderId: id, amountMinor: 1_999n }])
  })

  test('is not written by somebody who slept beyond his lease: the truth is fetched again', async () => {
    const world = paymentsWorld(db)
    const id = await world.asked({ method: 'card', token: 'tok_1' })
    const { authorise } = world.memory.provider
    let release = () => {}
    const asleep = new Promise<void>((resolve) => {
      release = resolve
    })
    world.memory.provider.authorise = vi.fn(async (ask) => {
      await asleep
      return authorise(ask)
    })
    const sleeper = world.dispatch()
    await eventually(() => expect(world.memory.provider.authorise).toHaveBeenCalledOnce())
    world.memory.provider.authorise = authorise
    world.clock.now = new Date(world.clock.now.getTime() + 121_000)
    await world.dispatch()
    expect(await world.state(id)).toBe('captured')
    release()
    await sleeper
    expect(world.attempts).toEqual(['authorise succeeded', 'authorise too-late'])
    expect(world.memory.of(id).captures).toBe(1)
  })
})

describe('giving back', () => {
  test('cash that was only promised is let go of, once', async () => {
    const world = paymentsWorld(db)
    const id = await world.asked()
    await world.giveBack(id)
    await world.giveBack(id)
    expect((await world.read(id)).payment).toMatchObject({ state: 'voided', version: 2 })
  })

  test('what a wallet paid is there again at once', async () => {
    const world = paymentsWorld(db)
    const customerId = randomUUID()
    await putInWallet(db, customerId, 2_000)
    const id = await world.asked({ method: 'wallet', customerId, amountMinor: 1_500 })
    await Promise.all([world.giveBack(id), world.giveBack(id), world.giveBack(id)])
    expect(await balance(customerId)).toBe(2_000)
    expect(world.outbox.of(paymentRefunded)).toMatchObject([{ orderId: id, amountMinor: 1_500n, cause: 'cancelled' }])
  })

  test('a collected card is refunded by its provider, whole or in parts, each cause once', async () => {
    const world = paymentsWorld(db)
    const id = await world.asked({ method: 'card', token: 'tok_1' })
    await world.dispatch()
    const returned = { causeId: randomUUID(), cause: 'returned', amountMinor: 500 }
    await world.giveBack(id, returned)
    await world.giveBack(id, returned)
    await world.dispatch()
    expect((await world.read(id)).payment).toMatchObject({ state: 'partly-refunded', refundedMinor: 500 })
    await world.giveBack(id)
    await world.settle(2)
    expect((await world.read(id)).payment).toMatchObject({ state: 'refunded', refundedMinor: 1_999 })
    expect(world.memory.of(id).refundedMinor).toBe(1_999)
    expect(world.outbox.of(paymentRefunded).map(({ refundedMinor }) => refundedMinor)).toEqual([500n, 1_999n])
  })

  test('before anybody asked for the money: whoever asks later is refused', async () => {
    const world = paymentsWorld(db)
    const asks = [world.ask(), world.ask({ method: 'card', token: 'tok_1' }), world.ask()]
    await world.giveBack(asks[0]?.orderId ?? '')
    await world.giveBack(asks[1]?.orderId ?? '')
    expect((await world.authorise(...asks)).map(({ decision }) => decision)).toEqual([
      'refused',
      'refused',
      'authorised',
    ])
    await world.settle(1)
    expect(world.memory.calls).toEqual([])
  })

  test('at the instant the money is asked for ends with none of it kept, a hundred times', async () => {
    const world = paymentsWorld(db)
    for (let round = 0; round < 100; round += 1) {
      const ask = world.ask()
      await Promise.all([world.authorise(ask), world.giveBack(ask.orderId)])
      expect(['voided', 'called-off']).toContain(await world.state(ask.orderId))
    }
  })

  test('a card nobody has spoken to the provider about costs no call', async () => {
    const world = paymentsWorld(db)
    const id = await world.asked({ method: 'card', token: 'tok_1' })
    await world.giveBack(id, { cause: 'expired' })
    await world.settle(1)
    expect(await world.state(id)).toBe('failed')
    expect(world.memory.calls).toEqual([])
    expect(world.outbox.of(paymentFailed)).toMatchObject([{ reason: 'expired' }])
  })

  test('while the customer is still asked lets go of it at the provider', async () => {
    const world = paymentsWorld(db)
    world.memory.troubles.push('ask-customer')
    const id = await world.asked({ method: 'card' })
    await world.dispatch()
    await world.giveBack(id, { cause: 'expired' })
    await world.settle(2)
    expect(await world.state(id)).toBe('failed')
    expect(world.memory.of(id).state).toBe('voided')
  })

  test('and the customer pays at the same instant: the money goes back', async () => {
    const world = paymentsWorld(db)
    world.memory.troubles.push('ask-customer')
    const id = await world.asked({ method: 'card' })
    await world.dispatch()
    await world.giveBack(id, { cause: 'expired' })
    world.memory.pays(id)
    await world.settle(6)
    expect(world.memory.of(id)).toMatchObject({ capturedMinor: 1_999, refundedMinor: 1_999 })
    expect(await world.state(id)).toBe('refunded')
    expect(world.outbox.of(paymentsAuthorised)).toEqual([])
  })

  test('money whose answer was lost is found and sent back', async () => {
    const world = paymentsWorld(db)
    world.memory.troubles.push('lost-after')
    const id = await world.asked({ method: 'card', token: 'tok_1' })
    await world.dispatch()
    await world.giveBack(id)
    await world.settle(6)
    expect(world.memory.of(id)).toMatchObject({ capturedMinor: 1_999, refundedMinor: 1_999 })
    expect(world.memory.calls).toEqual(['authorise', 'find', 'refund'])
  })

  test('money whose provider failed again and again is looked for at once, not when the pause is over', async () => {
    const { asked, memory, dispatch, giveBack, state, settle } = paymentsWorld(db)
    memory.troubles.push(...Array.from({ length: 9 }, () => 'lost-before' as const))
    const id = await asked({ method: 'card', token: 'tok' })
    await settle(7)
    await dispatch()
    expect([await state(id), await dispatch()]).toEqual(['created', 0])
    await giveBack(id)
    expect(await dispatch()).toBe(1)
    expect([await state(id), memory.calls.at(-1), memory.of(id)]).toEqual(['failed', 'find', undefined])
  })

  test('money that never arrived is not asked for again', async () => {
    const world = paymentsWorld(db)
    world.memory.troubles.push('lost-before')
    const id = await world.asked({ method: 'card', token: 'tok_1' })
    await world.dispatch()
    await world.giveBack(id)
    await world.settle(3)
    expect(await world.state(id)).toBe('failed')
    expect(world.memory.calls).toEqual(['authorise', 'find'])
  })

  test('of promised card money waits for the provider to let go, through everything that befalls it', async () => {
    const world = paymentsWorld(db, { capture: 'shipment' })
    const id = await world.asked({ method: 'card', token: 'tok_1' })
    await world.dispatch()
    world.memory.troubles.push('down', 'lost-before', 'lost-after')
    await world.giveBack(id)
    await world.settle(10)
    expect(await world.state(id)).toBe('voided')
    expect(world.memory.of(id).state).toBe('voided')
  })

  test('cash is collected for what arrived; of what did not nothing goes to the wallet', async () => {
    const world = paymentsWorld(db)
    const customerId = randomUUID()
    const id = await world.asked({ customerId, amountMinor: 3_000 })
    await world.giveBack(id, { causeId: randomUUID(), cause: 'undelivered', amountMinor: 400 })
    await world.change(id, { do: 'collect', dueMinor: 2_000 })
    await world.giveBack(id, { causeId: randomUUID(), cause: 'undelivered', amountMinor: 600 })
    expect([await world.state(id), await balance(customerId)]).toEqual(['captured', 0])
    expect(world.outbox.of(paymentCaptured)).toMatchObject([{ amountMinor: 2_000n }])
    await world.giveBack(id, { causeId: randomUUID(), cause: 'returned', amountMinor: 500 })
    expect(await balance(customerId)).toBe(500)
  })

  test('cash after delivery goes to the wallet, for nobody comes to the door again', async () => {
    const world = paymentsWorld(db)
    const customerId = randomUUID()
    const id = await world.asked({ customerId })
    await world.change(id, { do: 'collect' })
    await world.change(id, { do: 'collect' })
    await world.giveBack(id, { causeId: randomUUID(), cause: 'returned', amountMinor: 999 })
    expect(await balance(customerId)).toBe(999)
    expect(world.outbox.of(paymentCaptured)).toHaveLength(1)
  })
})

describe('refunds', () => {
  test('racing for the same money are never more than was collected', async () => {
    const world = paymentsWorld(db)
    const id = await world.asked({ method: 'card', token: 'tok_1', amountMinor: 1_000 })
    await world.dispatch()
    const results = await Promise.allSettled(Array.from({ length: 10 }, () => world.refund(id, 400)))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
    await world.settle(2)
    expect(world.memory.of(id).refundedMinor).toBe(800)
  })

  test('that the provider refuses are taken back, and somebody is told', async () => {
    const world = paymentsWorld(db)
    const id = await world.asked({ method: 'card', token: 'tok_1' })
    await world.dispatch()
    world.memory.troubles.push('refuse')
    await world.refund(id, 500)
    await world.settle(2)
    expect((await world.read(id)).payment).toMatchObject({ state: 'captured', refundedMinor: 0 })
    expect((await world.read(id)).refunds).toMatchObject([{ state: 'failed' }])
    expect(world.alarms).toHaveLength(1)
  })

  test.each<Trouble[]>([['lost-after'], ['lost-before'], ['down', 'lost-after']])(
    'whose answer is lost (%s) are sent once',
    async (...troubles) => {
      const world = paymentsWorld(db)
      const id = await world.asked({ method: 'card', token: 'tok_1' })
      await world.dispatch()
      world.memory.troubles.push(...troubles)
      await world.refund(id, 500)
      await world.settle(8)
      expect(world.memory.of(id).refunds).toHaveLength(1)
      expect((await world.read(id)).refunds).toMatchObject([{ state: 'settled' }])
    },
  )

  test('made with the tools of the provider come into our books, too', async () => {
    const world = paymentsWorld(db)
    const id = await world.asked({ method: 'card', token: 'tok_1' })
    await world.dispatch()
    const record = world.memory.of(id)
    record.refundedMinor = 300
    record.refunds = [{ refundId: '', providerReference: 're_x', amountMinor: 300, state: 'succeeded' }]
    for (let round = 0; round < 2; round += 1)
      await world.change(id, { do: 'learn', record: (await world.memory.provider.find(id)) ?? undefined })
    expect((await world.read(id)).payment).toMatchObject({ state: 'partly-refunded', refundedMinor: 300 })
  })
})
