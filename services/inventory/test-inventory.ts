import { randomUUID } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { CatalogService, ProductChangedSchema } from '@souk/contracts/catalog'
import { AllotmentService } from '@souk/contracts/orders'
import { bucketOf, createShards, type Database, type Shards, type Sql, type Tx, uuidv7 } from '@souk/postgres'
import { createDirectory } from '@souk/rpc'
import { collectingOutbox, memoryLog } from '@souk/testing'
import { audits } from './audits.ts'
import type { Deps } from './deps.ts'

/** What can go wrong with a call: refused at the door, done and the answer lost, or done and we crash on receiving it. */
export type Trouble = 'none' | 'down' | 'answer-lost' | 'crash'

type Item = { transferId: string; variantId: string; quantity: bigint }

/** Orders as the contract describes it, in memory: what is left, what was promised, every transfer once. */
export function fakeOrders(onCrash: () => void = () => {}) {
  const remaining = new Map<string, number>()
  const granted = new Map<string, number>()
  const answers = new Map<string, { done: boolean; remaining: number }>()
  const calls: string[] = []
  const troubles: Trouble[] = []
  const left = (variantId: string) => remaining.get(variantId) ?? 0

  function transfer(items: readonly Item[], sign: 1 | -1): { done: boolean; remaining: number }[] {
    const fresh = items.filter((item) => !answers.has(item.transferId))
    const done = fresh.every((item) => left(item.variantId) + sign * Number(item.quantity) >= 0)
    for (const item of fresh) {
      if (done) {
        remaining.set(item.variantId, left(item.variantId) + sign * Number(item.quantity))
        granted.set(item.variantId, (granted.get(item.variantId) ?? 0) + sign * Number(item.quantity))
      }
      answers.set(item.transferId, { done, remaining: left(item.variantId) })
    }
    return items.map((item) => answers.get(item.transferId) ?? { done: false, remaining: 0 })
  }

  async function answer<T>(name: string, work: () => T): Promise<T> {
    calls.push(name)
    const trouble = troubles.shift() ?? 'none'
    if (trouble === 'down') throw new ConnectError('orders is not there', Code.Unavailable)
    const result = work()
    if (trouble === 'crash') onCrash()
    if (trouble === 'answer-lost') throw new ConnectError('the answer was lost', Code.DeadlineExceeded)
    return result
  }

  return {
    calls,
    /** What befalls the next calls, one each. */
    troubles,
    granted: (variantId: string) => granted.get(variantId) ?? 0,
    remaining: left,
    /** Customers order; false when fewer are left. */
    promise(variantId: string, units: number): boolean {
      if (left(variantId) < units) return false
      remaining.set(variantId, left(variantId) - units)
      return true
    },
    /** Granted before the test began. */
    grantBefore(variantId: string, units: number) {
      granted.set(variantId, units)
      remaining.set(variantId, units)
    },
    /** A shipment has left: those units are neither granted nor promised any more. */
    ship: (variantId: string, units: number) => granted.set(variantId, (granted.get(variantId) ?? 0) - units),
    grantMany: (request: { items: Item[] }) =>
      answer('grantMany', () => ({
        remaining: transfer(request.items, 1).map((outcome) => BigInt(outcome.remaining)),
      })),
    withdrawMany: (request: { items: Item[] }) =>
      answer('withdrawMany', () => {
        const outcomes = transfer(request.items, -1)
        return {
          withdrawn: outcomes.every((outcome) => outcome.done),
          remaining: outcomes.map((outcome) => BigInt(outcome.remaining)),
        }
      }),
    listAllotments: ({ variantIds }: { variantIds: string[] }) =>
      answer('listAllotments', () => ({
        allotments: variantIds.map((variantId) => ({
          variantId,
          granted: BigInt(granted.get(variantId) ?? 0),
          remaining: BigInt(left(variantId)),
        })),
      })),
  }
}
export type FakeOrders = ReturnType<typeof fakeOrders>

export type Product = { productId: string; shopId: string; variantIds: string[]; title?: string; version?: number }

/** A product of a shop, with ids as the catalog makes them. */
export const newProduct = (shopId: string, variants: number): Product => {
  const id = () => uuidv7(Date.now(), bucketOf(shopId))
  return { productId: id(), shopId, variantIds: Array.from({ length: variants }, id).sort() }
}
export const newShop = (): string => randomUUID()

export const announced = (product: Product) =>
  create(ProductChangedSchema, {
    productId: product.productId,
    version: BigInt(product.version ?? 1),
    shopId: product.shopId,
    title: product.title ?? 'Teapot',
    status: 'active',
    variants: product.variantIds.map((variantId, index) => ({
      variantId,
      sku: `POT-${index}`,
      title: product.variantIds.length === 1 ? '' : `No. ${index}`,
      active: true,
    })),
  })

/** Inventory over a real database, next to an orders and a catalog that are not. */
export function testInventory(given: Shards, clock: () => Date = () => new Date()) {
  let crashed = false
  const shards = crashing(given, () => {
    const now = crashed
    crashed = false
    return now
  })
  const orders = fakeOrders(() => {
    crashed = true
  })
  const products: Product[] = []
  const directory = createDirectory()
  directory.serve(
    (router) => {
      router.service(AllotmentService, {
        grantMany: orders.grantMany,
        withdrawMany: orders.withdrawMany,
        listAllotments: orders.listAllotments,
      })
      router.service(CatalogService, {
        getProducts: ({ productIds, variantIds }) => ({
          products: products
            .filter(
              (product) =>
                productIds.includes(product.productId) || product.variantIds.some((id) => variantIds.includes(id)),
            )
            .map(announced),
        }),
      })
    },
    [AllotmentService, CatalogService],
  )
  const outbox = collectingOutbox()
  const log = memoryLog()
  const deps: Deps = {
    shards,
    outbox,
    clock,
    log,
    allotments: directory.client(AllotmentService),
    catalog: directory.client(CatalogService),
    rpcTimeoutMs: 3_000,
    lowBelow: 5,
  }
  const product = (shopId: string, variants = 1) => {
    const made = newProduct(shopId, variants)
    products.push(made)
    return made
  }
  return { deps, orders, outbox, log, product, products, audit: (since?: string) => auditAll(deps, since) }
}

/** Every finding of every check, over everything or since a snapshot. */
export async function auditAll(deps: Deps, since?: string): Promise<string[]> {
  const findings: string[] = []
  for (const check of audits(deps))
    for (const { db } of deps.shards.all())
      await db.transaction(
        async (tx) => {
          const result = await check.run(tx, { since, sinceMs: undefined, maxFindings: 20 })
          findings.push(...result.findings.map((each) => `${check.invariant} ${each.subject}: ${each.message}`))
        },
        { isolation: 'repeatable read', readOnly: true },
      )
  return findings
}

/** Databases whose next transaction fails before it begins, whenever `takeCrash` says so. */
function crashing(shards: Shards, takeCrash: () => boolean): Shards {
  const wrapped = shards.all().map(({ name, db }) => ({
    name,
    db: {
      ...db,
      transaction: async (body, options) => {
        if (takeCrash()) throw new Error('crashed before it was recorded')
        return await db.transaction(body, options)
      },
    } satisfies Database,
  }))
  return createShards(wrapped)
}

/** A database that counts what is sent to it. */
export function counted(database: Database): { shards: Shards; sent: () => number } {
  let sent = 0
  const counting = (tx: Tx): Tx => ({
    ...tx,
    one: (statement) => tx.one(count(statement)),
    maybeOne: (statement) => tx.maybeOne(count(statement)),
    many: (statement) => tx.many(count(statement)),
    run: (statement) => tx.run(count(statement)),
  })
  const count = (statement: Sql): Sql => {
    sent += 1
    return statement
  }
  const db: Database = {
    ...database,
    autocommit: counting(database.autocommit),
    transaction: (body, options) => database.transaction((tx) => body(counting(tx)), options),
  }
  return { shards: createShards([{ name: 'only', db }]), sent: () => sent }
}
