import { stockChanged } from '@souk/contracts'
import { type Granted, StockService } from '@souk/contracts/inventory'
import { AllotmentService } from '@souk/contracts/orders'
import { beginning, countDeadLetters, offsetsIn, tail } from '@souk/events'
import { type AuditResult, type CheckOutcome, type Finding, homeShard, outcomeOf } from '@souk/service'
import type { Client } from '@souk/rpc'
import type { House } from '../house.ts'
import { lately } from '../tail-all.ts'
import { everybodyTold } from './everybody-told.ts'
import { indexAgrees } from './index-agrees.ts'
import { moneyAgrees } from './money-agrees.ts'
import { soldAgrees } from './sold-agrees.ts'

type Audited = Pick<House, 'running' | 'directory' | 'eventLog' | 'division' | 'clock'>

const behindSeconds = 60
const stalledSeconds = 60
const manyDeadLetters = 100

/** What only somebody who sees several services can check. Asks them by their contracts, never their tables. */
export async function crossChecks(house: Audited, maxFindings: number, onCheck: (title: string) => void, full = false) {
  const names = new Set(house.running.services.map(({ definition }) => definition.name))
  const checks: { invariant: string; title: string; run: () => Promise<AuditResult> }[] = [
    {
      invariant: 'E1',
      title: `every consumer is less than ${behindSeconds} s behind what was announced`,
      run: () => consumersLag(house),
    },
    {
      invariant: 'E2',
      title: `no more than ${manyDeadLetters} events wait for a person`,
      run: () => deadLetters(house),
    },
    {
      invariant: 'E3',
      title: `nothing announced is held back for more than ${stalledSeconds} s by an open transaction`,
      run: () => outboxStall(house),
    },
  ]
  if (names.has('inventory') && names.has('orders'))
    checks.unshift({
      invariant: 'I1',
      title: 'what inventory has granted is what orders may promise, but for transfers and shipments under way',
      run: () => grantsAgree(house, { full, maxFindings }),
    })
  if (names.has('notifications') && names.has('orders'))
    checks.push({
      invariant: 'I8',
      title: 'whoever has a confirmed order was told so',
      run: () => everybodyTold(house, { full, maxFindings }),
    })
  if (names.has('payments') && names.has('orders'))
    checks.push({
      invariant: 'I9',
      title: 'what was paid and given back is what orders cost and returns gave back; no money without an order',
      run: () => moneyAgrees(house, { full, maxFindings }),
    })
  if (names.has('catalog') && names.has('search') && names.has('shops'))
    checks.push({
      invariant: 'search',
      title: 'what is on show is found as it is now, and nothing else is found',
      run: () => indexAgrees(house, { full, maxFindings }),
    })
  if (names.has('analytics') && names.has('orders'))
    checks.push({
      invariant: 'analytics',
      title: 'what was counted of days that are over is what was ordered on them',
      run: () => soldAgrees(house, { full, maxFindings }),
    })
  const outcomes: CheckOutcome[] = []
  for (const check of checks) {
    onCheck(check.title)
    outcomes.push(await outcomeOf('all', check, check.run))
  }
  return outcomes
}

type Difference = { variantId: string; shopId: string; message: string }

/**
 * Of every variant, or of those whose stock was lately changed. The two are read one after the other while work goes on: who
 * differs is asked again before it is believed.
 */
async function grantsAgree(
  house: Audited,
  { full, maxFindings }: { full: boolean; maxFindings: number },
): Promise<AuditResult> {
  const stock = house.directory.client(StockService)
  const { directory } = house
  let checked = 0
  let suspects: Granted[] = []
  for await (const granted of full ? everyGrant(stock) : latestGrants(house, stock)) {
    checked += granted.length
    const different = new Set((await differences({ directory }, granted)).map(({ variantId }) => variantId))
    suspects.push(...granted.filter(({ variantId }) => different.has(variantId)))
    if (suspects.length >= 10_000) break
  }
  let found: Difference[] = []
  for (let attempt = 0; attempt < 5 && suspects.length > 0; attempt++) {
    await new Promise((resolve) => setTimeout(resolve, attempt * 300))
    const again: Granted[] = []
    for (const { variantId } of suspects.slice(0, Math.max(100, maxFindings))) {
      again.push(...(await grantOf(stock, variantId)))
    }
    found = await differences({ directory }, again)
    const still = new Set(found.map(({ variantId }) => variantId))
    suspects = again.filter(({ variantId }) => still.has(variantId))
  }
  return {
    checked,
    findings: found
      .slice(0, maxFindings)
      .map(({ variantId, shopId, message }) => ({ subject: `variant ${variantId} of shop ${shopId}`, message })),
  }
}

type Stock = Pick<Client<typeof StockService>, 'listGranted'>

async function* everyGrant(stock: Stock): AsyncGenerator<Granted[]> {
  for (let after = ''; ; ) {
    const { granted } = await stock.listGranted({ afterVariantId: after, limit: 1_000 })
    yield granted
    if (granted.length < 1_000) return
    after = granted.at(-1)?.variantId ?? ''
  }
}

/** Every grant, withdrawal and shipment is a change of stock, and told of. */
async function* latestGrants(house: Audited, stock: Stock): AsyncGenerator<Granted[]> {
  const variantIds = new Set<string>()
  for await (const { event } of lately(house, 'inventory', [stockChanged])) {
    const { variantId } = (event?.payload ?? {}) as { variantId?: string }
    if (variantId !== undefined) variantIds.add(variantId)
  }
  const ids = [...variantIds]
  for (let at = 0; at < ids.length; at += 16)
    yield (await Promise.all(ids.slice(at, at + 16).map((variantId) => grantOf(stock, variantId)))).flat()
}

/** The one behind the one before it: ids are compared as text in that list, too. */
async function grantOf(stock: Stock, variantId: string): Promise<Granted[]> {
  const { granted } = await stock.listGranted({ afterVariantId: justBefore(variantId), limit: 1 })
  return granted.filter((each) => each.variantId === variantId)
}

async function differences(
  { directory }: Pick<Audited, 'directory'>,
  granted: readonly Granted[],
): Promise<Difference[]> {
  const allotments = directory.client(AllotmentService)
  const byShop = Map.groupBy(granted, ({ shopId }) => shopId)
  const found: Difference[] = []
  for (const [shopId, ofShop] of byShop) {
    const answer = await allotments.listAllotments({ shopId, variantIds: ofShop.map(({ variantId }) => variantId) })
    const known = new Map(answer.allotments.map((each) => [each.variantId, each]))
    for (const { variantId, allotted, inTransfer } of ofShop) {
      const { granted: atOrders = 0n, issuing = 0n } = known.get(variantId) ?? {}
      // Shipments being issued may have left inventory's books already, and not yet those of orders.
      const [least, most] = inTransfer < 0n ? [allotted + inTransfer, allotted] : [allotted, allotted + inTransfer]
      if (atOrders >= least && atOrders - issuing <= most) continue
      const underWay = inTransfer === 0n ? '' : ` (${inTransfer} in transfer)`
      const shipping = issuing === 0n ? '' : ` (${issuing} being issued)`
      found.push({
        variantId,
        shopId,
        message: `inventory granted ${allotted}${underWay}, orders has ${atOrders}${shipping}`,
      })
    }
  }
  return found
}

/** The largest id smaller than this one, as 128-bit numbers written in hexadecimal. */
function justBefore(id: string): string {
  const before = (BigInt(`0x${id.replaceAll('-', '')}`) - 1n).toString(16).padStart(32, '0')
  return before.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

export type ConsumerLag = {
  consumer: string
  source: string
  /** Its own, written and not yet handled; 10,000 counted at most. */
  events: number
  /** Age of the oldest of them. */
  seconds: number
}

const countedAtMost = 10_000

/**
 * How far each consumer of these services is behind. A consumer's offset may rest before events of its topics that are
 * none of its kinds: so what lies behind it is read, and only its own count.
 */
export async function lagOfConsumers({
  running,
  eventLog,
}: Pick<Audited, 'running' | 'eventLog'>): Promise<ConsumerLag[]> {
  const lags: ConsumerLag[] = []
  for (const [db, readers] of Map.groupBy(running.readers, (reader) => reader.db)) {
    const offsets = new Map(
      (await offsetsIn(db)).map((offset) => [`${offset.consumer} ${offset.source} ${offset.shard}`, offset]),
    )
    for (const { consumer, shard } of readers) {
      const { name, events } = consumer
      const source = events[0]?.topic.split('.')[0] ?? ''
      const from = (lane: string) => offsets.get(`${name} ${source} ${lane}`) ?? beginning
      const lag: ConsumerLag = { consumer: name, source, events: 0, seconds: 0 }
      for await (const { event } of tail({ log: eventLog, source, shard, events, from, follow: false })) {
        if (lag.events === 0 && event !== undefined)
          lag.seconds = Math.max(0, (Date.now() - event.occurredAtMs) / 1_000)
        lag.events += 1
        if (lag.events === countedAtMost) break
      }
      lags.push(lag)
    }
  }
  return lags
}

async function consumersLag(house: Audited): Promise<AuditResult> {
  const lags = await lagOfConsumers(house)
  const late = lags.filter(({ seconds }) => seconds > behindSeconds)
  return {
    checked: lags.length,
    findings: late.map(({ consumer, events, seconds }) => ({
      subject: consumer,
      message: `${events} events behind, the oldest for ${Math.round(seconds)} s; does a process run it?`,
    })),
  }
}

async function deadLetters({ running }: Audited): Promise<AuditResult> {
  const databases = running.services.flatMap((service) => service.databases)
  const counted = (await Promise.all(databases.map(({ db }) => countDeadLetters(db.autocommit)))).flat()
  const total = counted.reduce((sum, { parked }) => sum + parked, 0)
  const findings: Finding[] =
    total <= manyDeadLetters
      ? []
      : counted.map(({ consumer, parked }) => ({ subject: consumer, message: `${parked} events are parked` }))
  return { checked: total, findings }
}

async function outboxStall({ running, eventLog }: Audited): Promise<AuditResult> {
  const sources = running.services.flatMap(({ definition, databases }) =>
    databases.map(({ name }) => ({ source: definition.name, shard: name })),
  )
  const findings: Finding[] = []
  for (const { source, shard } of sources) {
    const seconds = await eventLog.stalledSeconds(source, shard)
    const where = shard === homeShard ? '' : ` on ${shard}`
    if (seconds > stalledSeconds)
      findings.push({
        subject: `outbox of ${source}${where}`,
        message: `its oldest event waits for ${Math.round(seconds)} s`,
      })
  }
  return { checked: sources.length, findings }
}
