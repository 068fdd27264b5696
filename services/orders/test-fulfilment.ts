import { randomUUID } from 'node:crypto'
import { AssignmentService } from '@souk/contracts/inventory'
import { PaymentService } from '@souk/contracts/payments'
import { createDirectory } from '@souk/rpc'
import { fakeMetrics, memoryLog, staff } from '@souk/testing'
import { deliverOrder, type DeliverOrder } from './deliver-order.ts'
import { shipmentsOf } from './fulfilment.sql.ts'
import { fulfilmentJobs } from './jobs-fulfilment.ts'
import { fulfilmentMetrics, type FulfilmentOutcome } from './metrics-fulfilment.ts'
import type { PlacedOrder } from './order.ts'
import { requestReturn, type RequestReturn } from './request-return.ts'
import type { ReceivedLine } from './return.ts'
import { returnsOf } from './returns.sql.ts'
import { fulfilmentRoutes } from './routes-fulfilment.ts'
import { returnRoutes } from './routes-returns.ts'
import { finishReturn, recordReceived } from './settle-return.ts'
import { finishShipment, recordShipment, type ShipOrder } from './ship-order.ts'
import { ordersWorld } from './test-orders.ts'
import { transferUnits } from './transfer-units.ts'

/** When the other side breaks: before it did anything, or after it did and before it could say so. */
type Break = 'before' | 'after'

/** The world of orders, with shelves and a till on the other side that keep count. */
export async function fulfilmentWorld() {
  const world = await ordersWorld()
  const breaks: { issue: Break[]; takeBack: Break[]; giveBack: Break[] } = { issue: [], takeBack: [], giveBack: [] }

  async function breaking<T>(call: keyof typeof breaks, effect: () => Promise<T> | T): Promise<T> {
    const how = breaks[call].shift()
    if (how === 'before') throw new Error(`${call} did not arrive`)
    const answer = await effect()
    if (how === 'after') throw new Error(`the answer to ${call} was lost`)
    return answer
  }

  const shelf = goodsOnShelves(world)
  const till = moneyInTheTill()
  const directory = createDirectory()
  directory.serve(
    (router) =>
      router.service(AssignmentService, {
        issue: (request) => breaking('issue', () => shelf.issue(request)),
        takeBack: (request) => breaking('takeBack', () => shelf.takeBack(request)),
      }),
    [AssignmentService],
  )
  directory.serve(
    (router) =>
      router.service(PaymentService, { giveBack: (request) => breaking('giveBack', () => till.giveBack(request)) }),
    [PaymentService],
  )
  const clock = () => world.clock.now
  const shards = world.database.shards('orders')
  const log = memoryLog()
  const metrics = fakeMetrics()
  const deps = {
    db: world.db,
    shards,
    outbox: world.outbox,
    clock,
    log,
    goods: directory.client(AssignmentService),
    money: directory.client(PaymentService),
    returnDays: async () => 30,
    count: fulfilmentMetrics(metrics),
  }
  const routes = [...fulfilmentRoutes(deps), ...returnRoutes(deps)]

  const record = (orderId: string, more: Partial<ShipOrder> = {}) =>
    world.db.transaction((tx) =>
      recordShipment(tx, clock, {
        orderId,
        shopId: world.shopId,
        carrier: 'DHL',
        trackingNumber: '42',
        trackingUrl: 'https://dhl.example/42',
        actorId: randomUUID(),
        correlationId: 'test',
        ...more,
      }),
    )
  const ship = async (orderId: string, more: Partial<ShipOrder> = {}) =>
    finishShipment(deps, (await record(orderId, more)).shipmentId)
  const deliver = (orderId: string, more: Partial<DeliverOrder> = {}) =>
    world.db.transaction((tx) =>
      deliverOrder(tx, deps, { orderId, shopId: world.shopId, outcome: 'delivered', correlationId: 'test', ...more }),
    )
  const request = (order: PlacedOrder, lines: RequestReturn['lines'], more: Partial<RequestReturn> = {}) =>
    world.db.transaction((tx) =>
      requestReturn(
        tx,
        { clock, returnDays: 30 },
        {
          orderId: order.orderId,
          customerId: order.customerId,
          lines,
          reason: 'damaged',
          note: '',
          correlationId: 'test',
          ...more,
        },
      ),
    )

  return {
    ...world,
    deps,
    routes,
    shelf,
    till,
    breaks,
    log,
    counted: (what: 'shipment' | 'return', outcome: FulfilmentOutcome) =>
      metrics.value('souk_orders_fulfilment_total', { what, outcome }),
    record,
    ship,
    deliver,
    request,
    keeper: staff(world.shopId, 'orders'),
    /** Something to sell, as many on the shelf as may be promised. */
    async goods(units: number, more: { priceMinor?: number } = {}) {
      const made = await world.variant({ units, ...more })
      shelf.put(made.variantId, units)
      return made.variantId
    },
    async confirmed(...args: Parameters<typeof world.placed>): Promise<PlacedOrder> {
      const order = await world.placed(...args)
      await world.confirm(order)
      till.pay(order)
      return order
    },
    async delivered(...args: Parameters<typeof world.placed>): Promise<PlacedOrder> {
      const order = await world.placed(...args)
      await world.confirm(order)
      till.pay(order)
      await ship(order.orderId)
      await deliver(order.orderId)
      return order
    },
    receive: (returnId: string, lines: readonly ReceivedLine[]) =>
      world.db.transaction((tx) =>
        recordReceived(tx, clock, { returnId, shopId: world.shopId, lines, actorId: randomUUID() }),
      ),
    finishReturn: (returnId: string) => finishReturn(deps, returnId),
    shipments: (orderId: string) => shipmentsOf(world.db.autocommit, [orderId]),
    returns: (orderId: string) => returnsOf(world.db.autocommit, [orderId]),
    /** The job, at a time when it finds everything that was left lying. */
    async later(afterMs = 61_000) {
      const { now } = world.clock
      world.clock.now = new Date(now.getTime() + afterMs)
      await fulfilmentJobs(deps)[0]?.run()
      world.clock.now = now
    },
  }
}

type Line = { variantId: string; quantity: bigint }

/** Shelves, as inventory promises them: by the id of shipment or return everything happens once, refusals included. */
function goodsOnShelves(world: Pick<Awaited<ReturnType<typeof ordersWorld>>, 'db' | 'shopId'>) {
  const onShelf = new Map<string, number>()
  const answered = new Map<string, { issued: boolean; variantId: string; reason: string }>()
  const takenBack = new Map<string, Promise<void>>()
  const writtenOff = new Map<string, number>()
  const expired = new Set<string>()
  const issued = new Map<string, number>()
  const add = (to: Map<string, number>, id: string, units: number) => to.set(id, (to.get(id) ?? 0) + units)
  return {
    put: (variantId: string, units: number) => add(onShelf, variantId, units),
    /** What of it comes back from now on is written off, whatever is asked. */
    expire: (variantId: string) => void expired.add(variantId),
    left: (variantId: string) => onShelf.get(variantId) ?? 0,
    issued: (variantId: string) => issued.get(variantId) ?? 0,
    writtenOff: (variantId: string) => writtenOff.get(variantId) ?? 0,
    issue({ shipmentId, lines }: { shipmentId: string; lines: readonly Line[] }) {
      const before = answered.get(shipmentId)
      if (before !== undefined) return before
      const short = lines.find(({ variantId, quantity }) => (onShelf.get(variantId) ?? 0) < Number(quantity))
      const answer = { issued: short === undefined, variantId: short?.variantId ?? '', reason: short ? 'short' : '' }
      answered.set(shipmentId, answer)
      if (short === undefined)
        for (const { variantId, quantity } of lines) {
          add(onShelf, variantId, -Number(quantity))
          add(issued, variantId, Number(quantity))
        }
      return answer
    },
    async takeBack({ returnId, lines }: { returnId: string; lines: readonly (Line & { restock: boolean })[] }) {
      const work = async () => {
        for (const { variantId, quantity, restock: wished } of lines) {
          const restock = wished && !expired.has(variantId)
          add(restock ? onShelf : writtenOff, variantId, Number(quantity))
          if (restock)
            await world.db.transaction((tx) =>
              transferUnits(tx, [
                { transferId: randomUUID(), shopId: world.shopId, variantId, quantity: Number(quantity) },
              ]),
            )
        }
      }
      const done = takenBack.get(returnId) ?? work()
      takenBack.set(returnId, done)
      await done
      const gone = lines.filter(({ variantId, restock }) => restock && expired.has(variantId))
      return { writtenOff: gone.map(({ variantId, quantity }) => ({ variantId, quantity })) }
    },
  }
}

type GiveBack = { items: readonly { orderId: string; causeId: string; cause: string; amountMinor: bigint }[] }

/** A till that gives back once for each cause. */
function moneyInTheTill() {
  const given = new Map<string, { orderId: string; minor: number }>()
  const paid = new Map<string, number>()
  const over = new Set<string>()
  const of = (order: string): number =>
    [...given.values()].reduce((sum, { orderId, minor }) => sum + (orderId === order ? minor : 0), 0)
  return {
    giveBack({ items }: GiveBack) {
      for (const { orderId, causeId, cause, amountMinor } of items) {
        if (given.has(causeId)) continue
        const left = (paid.get(orderId) ?? 0) - of(orderId)
        // As payments does: at the door only what was handed over was paid.
        const minor = cause === 'undelivered' ? 0 : amountMinor === 0n ? left : Number(amountMinor)
        if (minor < 0 || minor > left)
          throw new Error(`order ${orderId} has ${left} left, and is to give back ${minor}`)
        given.set(causeId, { orderId, minor })
        if (amountMinor === 0n) over.add(orderId)
      }
      return {}
    },
    pay: ({ orderId, totalMinor }: PlacedOrder) => void paid.set(orderId, totalMinor),
    of,
    isOver: (orderId: string) => over.has(orderId),
  }
}
