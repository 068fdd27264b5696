import { setTimeout as sleep } from 'node:timers/promises'
import { hashText, seededRandom } from '../load/random.ts'
import { askUntilDecided } from './ask.ts'
import type { PaymentsStage } from './payments-stage.ts'
import { type OrderNow, readOpenOrders } from './payments.sql.ts'
import type { Venue } from './world.ts'

/** What the people of the trial did, and what they were told that should not be. */
export type PeopleDone = {
  paid: number
  declined: number
  neverPaid: number
  cancelled: number
  shipped: number
  delivered: number
  returned: number
  complaints: string[]
}

export type People = {
  done: PeopleDone
  /** Orders whose customers were told that they are cancelled. */
  cancelled: ReadonlySet<string>
  /** How many orders somebody is at. */
  readonly busy: number
  /** From now on nobody begins anything but to pay. */
  comeToRest(): void
  leave(): Promise<void>
}

/** What somebody will do with an order: follows from the seed and the order's key alone. */
type Fate = {
  atProvider: 'pay' | 'decline' | 'pay-and-cancel' | 'never'
  regrets: boolean
  ships: 'whole' | 'in-parts' | 'not'
  delivers: 'delivered' | 'failed' | 'not'
  returns: 'restock' | 'write-off' | 'not'
}

export function fateOf(seed: number, key: string, someNeverPay: boolean): Fate {
  const random = seededRandom(seed ^ hashText(key))
  const atProvider = random()
  const regrets = random() < 0.12
  const ships = random()
  const delivers = random()
  const returns = random()
  return {
    atProvider:
      atProvider < 0.7
        ? 'pay'
        : atProvider < 0.82
          ? 'decline'
          : atProvider < 0.92 || !someNeverPay
            ? 'pay-and-cancel'
            : 'never',
    regrets,
    ships: ships < 0.35 ? 'whole' : ships < 0.5 ? 'in-parts' : 'not',
    delivers: delivers < 0.7 ? 'delivered' : delivers < 0.85 ? 'failed' : 'not',
    returns: returns < 0.25 ? 'restock' : returns < 0.45 ? 'write-off' : 'not',
  }
}

const lookEveryMs = 250
/** How many do something for an order at the same time; whoever waits at the provider's page is in nobody's way. */
const atOnce = 32
const giveUpAfterMs = 60_000

/** Customers who pay at the provider, decline, or change their minds; clerks who ship, deliver and take back. */
export function letInPeople(
  world: Venue,
  stage: PaymentsStage,
  options: { seed: number; someNeverPay: boolean },
): People {
  const { seed, someNeverPay } = options
  const done: PeopleDone = {
    paid: 0,
    declined: 0,
    neverPaid: 0,
    cancelled: 0,
    shipped: 0,
    delivered: 0,
    returned: 0,
    complaints: [],
  }
  const cancelled = new Set<string>()
  const begun = new Set<string>()
  const busy = { paying: new Set<Promise<void>>(), others: new Set<Promise<void>>() }
  let resting = false
  let leaving = false

  const url = (path: string) => `${world.souk.url}${path}`
  const tokenOf = ({ customerId }: OrderNow) => stage.tokens[stage.accountIds.indexOf(customerId)] ?? ''
  const complain = (text: string) => done.complaints.push(text)
  /** By the shop's clerk, once under its key; what he is refused because the order moved on is no complaint. */
  async function clerk<Body>(path: string, key: string, body: unknown = {}): Promise<Body | undefined> {
    const given = { method: 'POST', token: await stage.clerkToken(), body, key }
    const answer = await askUntilDecided<Body>(url(path), given, giveUpAfterMs)
    if (answer.status >= 200 && answer.status < 300) return answer.body
    if (answer.status !== 409 && answer.status !== 0) complain(`${path} was refused: ${answer.status} ${answer.code}`)
    return undefined
  }

  async function pay(order: OrderNow, { atProvider }: Fate): Promise<void> {
    if (atProvider === 'never') {
      done.neverPaid += 1
      return
    }
    const me = { token: tokenOf(order) }
    const path = `/v1/orders/${order.orderId}/payments`
    const where = () =>
      askUntilDecided<{ items?: { redirectUrl: string | null }[] }>(url(path), me, giveUpAfterMs).then(
        ({ body }) => body.items?.[0]?.redirectUrl ?? undefined,
      )
    const page = await where()
    if (page === undefined) return
    const decision = atProvider === 'decline' ? 'decline' : 'pay'
    const decide = async () => {
      // The provider may be away; its page is asked again as a person does.
      for (let attempt = 0; attempt < 100; attempt += 1) {
        const answer = await fetch(page, {
          method: 'POST',
          body: new URLSearchParams({ decision }),
          redirect: 'manual',
          signal: AbortSignal.timeout(3_000),
        }).catch(() => undefined)
        await answer?.arrayBuffer().catch(() => {})
        if (answer !== undefined && answer.status < 500) break
        await sleep(200)
      }
    }
    await Promise.all([decide(), atProvider === 'pay-and-cancel' ? regret(order) : undefined])
    if (decision === 'pay') done.paid += 1
    else done.declined += 1
    // Comes back from the provider, and waits at the page until it is known.
    while (!leaving && (await where()) !== undefined) await sleep(1_000)
  }

  async function regret(order: OrderNow): Promise<void> {
    const given = { method: 'POST', token: tokenOf(order), key: `${order.key}-cancel` }
    const answer = await askUntilDecided(url(`/v1/orders/${order.orderId}/cancel`), given, giveUpAfterMs)
    if (answer.status === 200) {
      cancelled.add(order.orderId)
      done.cancelled += 1
    } else if (answer.status !== 409 && answer.status !== 0)
      complain(`order ${order.orderId} could not be cancelled: ${answer.status} ${answer.code}`)
  }

  async function prepare(order: OrderNow, fate: Fate): Promise<void> {
    const { orderId, key } = order
    const path = `/v1/shops/${stage.shopId}/orders/${orderId}`
    type Line = { variantId: string; quantity: number }
    const shown = await askUntilDecided<{ lines?: Line[] }>(
      url(`/v1/orders/${orderId}`),
      { token: tokenOf(order) },
      giveUpAfterMs,
    )
    const lines = (shown.body.lines ?? []).map(({ variantId, quantity }) => ({ variantId, quantity }))
    const [first] = lines
    if (first === undefined) return
    if (fate.ships === 'in-parts' && first.quantity > 1) {
      const part = { lines: [{ ...first, quantity: 1 }], carrier: 'Post', trackingNumber: key.slice(0, 8) }
      if ((await clerk(`${path}/shipments`, `${key}-part`, part)) === undefined) return
    }
    if ((await clerk(`${path}/shipments`, `${key}-rest`)) === undefined) return
    done.shipped += 1
    if (fate.delivers === 'not') return
    // A shipment whose goods are still being taken cannot have arrived: the clerk comes again.
    let arrived: object | undefined
    for (let attempt = 0; arrived === undefined && attempt < 60 && !leaving; attempt += 1) {
      arrived = await clerk<object>(`${path}/delivery`, `${key}-delivery-${attempt}`, { outcome: fate.delivers })
      if (arrived === undefined) await sleep(500)
    }
    if (arrived === undefined) return
    done.delivered += 1
    type Returned = { id: string; state: string }
    const disposition = fate.returns === 'write-off' ? 'write-off' : 'restock'
    const receive = ({ id }: Returned, all: readonly Line[]) =>
      clerk(`/v1/shops/${stage.shopId}/returns/${id}/receive`, `${key}-receive-${id}`, {
        lines: all.map(({ variantId }) => ({ variantId, disposition })),
      })
    if (fate.delivers === 'failed') {
      const { body } = await askUntilDecided<{ items?: (Returned & { lines: Line[] })[] }>(
        url(`/v1/orders/${orderId}/returns`),
        { token: tokenOf(order) },
        giveUpAfterMs,
      )
      for (const each of body.items ?? []) if ((await receive(each, each.lines)) !== undefined) done.returned += 1
    } else if (fate.returns !== 'not') {
      const wanted = { lines: [{ ...first, quantity: 1 }], reason: 'not-wanted' }
      const given = { method: 'POST', token: tokenOf(order), body: wanted, key: `${key}-return` }
      const asked = await askUntilDecided<Returned>(url(`/v1/orders/${orderId}/returns`), given, giveUpAfterMs)
      if (asked.status !== 201) return void complain(`a return was refused: ${asked.status} ${asked.code}`)
      await clerk(`/v1/shops/${stage.shopId}/returns/${asked.body.id}/approve`, `${key}-approve`)
      if ((await receive(asked.body, wanted.lines)) !== undefined) done.returned += 1
    }
  }

  /** What is to be done with an order as it stands, if anything, and under which name it is done once. */
  function nextFor(order: OrderNow): [once: string, work: () => Promise<void>] | undefined {
    const fate = fateOf(seed, order.key, someNeverPay)
    if (order.undecided) return [`${order.orderId} pay`, () => pay(order, fate)]
    if (resting) return undefined
    if (fate.regrets && (order.status === 'placed' || order.status === 'confirmed'))
      return [`${order.orderId} regret`, () => regret(order)]
    if (order.status === 'confirmed' && fate.ships !== 'not')
      return [`${order.orderId} prepare`, () => prepare(order, fate)]
    return undefined
  }

  async function work(): Promise<void> {
    while (!leaving) {
      const open = await world.referee((client) => readOpenOrders(client, stage.shopId)).catch(() => [])
      for (const order of open) {
        const next = nextFor(order)
        const mine = order.undecided ? busy.paying : busy.others
        if (next === undefined || begun.has(next[0]) || (mine === busy.others && mine.size >= atOnce)) continue
        begun.add(next[0])
        const doing: Promise<void> = next[1]()
          .catch((error: unknown) => void complain(String(error)))
          .finally(() => mine.delete(doing))
        mine.add(doing)
      }
      await sleep(lookEveryMs)
    }
  }
  const working = work()

  return {
    done,
    cancelled,
    get busy() {
      return busy.paying.size + busy.others.size
    },
    comeToRest() {
      resting = true
    },
    async leave() {
      leaving = true
      await working
      await Promise.all([...busy.paying, ...busy.others])
    },
  }
}
