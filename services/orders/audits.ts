import { firstIdAt, timeInId, type Tx } from '@souk/postgres'
import type { AuditCheck, AuditResult, AuditScope, Finding } from '@souk/service'
import {
  changesByHour,
  changesOfHour,
  countAllotments,
  countCaps,
  countOrders,
  historyPaths,
  keylessOrders,
  notLastTold,
  type OrderIds,
  stuckOrders,
  unbalancedAllotments,
  unexplainedGrants,
  wrongCaps,
  wrongCapsOf,
  wrongKeys,
  wrongTotals,
} from './audits.sql.ts'
import { fulfilmentAudits } from './audits-fulfilment.ts'
import { openBooks } from './audits-kept.ts'
import { heldToKeep, shippedToKeep, unbalancedSince, unexplainedSince, variantsMoved } from './audits-kept.sql.ts'
import { pricingAudits } from './audits-pricing.ts'
import { changesSince, touchedLately } from './audits-told.ts'
import { databaseNow, oldestOutboxRow } from './audits-told.sql.ts'
import { isPath, lastStatus, type OrderHistory, type OrderStatus } from './order.ts'

const allTime = '00000000-0000-0000-0000-000000000000'
const hourMs = 3_600_000

const result = (checked: number, findings: Finding[]): AuditResult => ({ checked, findings })

/** Orders placed from here on are looked at: all, or from a minute before the mark (a batch may commit late). */
const firstIdOf = (sinceMs: number | undefined): string =>
  sinceMs === undefined ? allTime : firstIdAt(sinceMs - 60_000)

const touchedOrders = async (tx: Tx, scope: AuditScope): Promise<OrderIds> => {
  const touched = await touchedLately(tx, scope)
  return touched === undefined ? null : [...touched.orders.keys()]
}

export const orderAudits: AuditCheck[] = [
  {
    invariant: 'I1',
    title: 'what was granted is what remains plus what live orders hold, for every variant and every sale',
    async run(tx, { since, maxFindings }) {
      const { touched, keeping } = await openBooks(tx, 'I1', since)
      const rows = touched
        ? await unbalancedSince(tx, 'I1', touched, maxFindings)
        : await unbalancedAllotments(tx, maxFindings)
      const ids = touched ? [...touched.allotmentIds] : null
      return {
        checked: ids?.length ?? (await countAllotments(tx)),
        findings: rows.map((row) => ({
          subject: row.allotment_id,
          message: `granted ${row.granted}, remaining ${row.remaining}, but live orders hold ${row.held}`,
        })),
        keep: rows.length === 0 ? keeping(await heldToKeep(tx, 'I1', [1, 2], ids)) : undefined,
      }
    },
  },
  {
    invariant: 'I2',
    title: 'what may be promised of a variant is the sum of what inventory transferred, less what was shipped',
    async run(tx, { since, maxFindings }) {
      const { touched, madeAt, keeping } = await openBooks(tx, 'I2', since)
      const ids = touched && madeAt ? await variantsMoved(tx, touched, madeAt.getTime() - 60_000) : null
      const rows =
        touched && ids
          ? await unexplainedSince(tx, 'I2', touched, ids, maxFindings)
          : await unexplainedGrants(tx, maxFindings)
      return {
        checked: ids?.length ?? (await countAllotments(tx)),
        findings: rows.map((row) => ({
          subject: row.variant_id,
          message: `granted ${row.granted}, but transfers less shipments sum to ${row.transferred}`,
        })),
        keep: rows.length === 0 ? keeping(await shippedToKeep(tx, 'I2', ids)) : undefined,
      }
    },
  },
  {
    invariant: 'I3',
    title: 'no customer holds more in a sale than its cap allows',
    async run(tx, scope) {
      const touched = await touchedLately(tx, scope)
      const rows = touched
        ? await wrongCapsOf(tx, touched.holders, scope.maxFindings)
        : await wrongCaps(tx, scope.maxFindings)
      return result(
        touched?.holders.length ?? (await countCaps(tx)),
        rows.map((row) => ({
          subject: row.sale_window_id,
          message: `customer ${row.customer_id} holds ${row.bought} and has drawn ${row.drawn}, the cap is ${row.cap}`,
        })),
      )
    },
  },
  {
    invariant: 'I4',
    title: 'every key names exactly one order, and every order has its key',
    async run(tx, { sinceMs, maxFindings }) {
      // Keys are kept for 24 hours at least; older orders have lost theirs by design.
      const firstId = firstIdOf(Math.max(sinceMs ?? 0, (await databaseNow(tx)) - 23 * hourMs))
      const wrong = await wrongKeys(tx, firstId, maxFindings)
      const keyless = await keylessOrders(tx, firstId, maxFindings)
      return result(await countOrders(tx, firstId), [
        ...wrong.map((row) => ({
          subject: row.customer_id,
          message: row.missing
            ? `key ${row.key} names order ${row.order_id}, which this customer does not have`
            : `key ${row.key} made a second order, ${row.order_id}, within 24 hours`,
        })),
        ...keyless.map((row) => ({ subject: row.order_id, message: 'no key is kept for this order' })),
      ])
    },
  },
  {
    invariant: 'I6',
    title: 'every change of an order has exactly one event, and every event its change',
    run: (tx, { sinceMs, maxFindings }) => compareWithOutbox(tx, sinceMs, maxFindings),
  },
  {
    invariant: 'I10',
    title: 'every order comes to be confirmed or cancelled, or waits for its payment; what is cancelled is undone',
    async run(tx, scope) {
      const untilId = firstIdAt((await databaseNow(tx)) - 5 * 60_000)
      const ids = await touchedOrders(tx, scope)
      const rows = await stuckOrders(tx, ids, untilId, scope.maxFindings)
      return result(
        ids?.length ?? (await countOrders(tx, allTime)),
        rows.map(({ order_id, status, step, state, detail }) => ({
          subject: order_id,
          message:
            (status === 'placed' ? 'placed for more than five minutes' : 'cancelled, and not all of it is undone') +
            (step === null ? '; nobody is at work on it' : `; ${step} is ${state}${detail ? ` (${detail})` : ''}`),
        })),
      )
    },
  },
  {
    invariant: 'I11',
    title: 'every history is a path of the allowed transitions and ends in the state the order is in',
    async run(tx, scope) {
      const rows = await historyPaths(tx, await touchedOrders(tx, scope))
      const wrong = rows.filter(({ path, status, version }) => {
        const history: OrderHistory = path.map((state) => [state as OrderStatus, 0])
        return !isPath(history) || lastStatus(history) !== status || path.length !== version
      })
      return result(
        rows.reduce((sum, row) => sum + row.orders, 0),
        wrong.map((row) => ({
          subject: row.example,
          message: `${row.orders} order(s) went ${row.path.join(' → ')} and are ${row.status} at version ${row.version}`,
        })),
      )
    },
  },
  {
    invariant: 'I13',
    title: 'every order has lines, and they add up to its total',
    async run(tx, { sinceMs, maxFindings }) {
      const firstId = firstIdOf(sinceMs)
      const rows = await wrongTotals(tx, firstId, maxFindings)
      return result(
        await countOrders(tx, firstId),
        rows.map((row) => ({
          subject: row.order_id,
          message: `total ${row.total_minor}, lines ${row.lines_minor}`,
        })),
      )
    },
  },
  ...pricingAudits,
  ...fulfilmentAudits,
]

/**
 * Both directions at once: per hour of placing, the number of changes and a sum over 48 random bits of each order's id
 * weighted with the version must be the same in orders and in events. Only hours that differ are compared one by one.
 */
async function compareWithOutbox(tx: Tx, sinceMs: number | undefined, maxFindings: number): Promise<AuditResult> {
  const oldest = await oldestOutboxRow(tx)
  // Orders from before the oldest event still kept cannot be compared any more.
  const fromMs = Math.max(
    sinceMs === undefined ? 0 : sinceMs - 60_000,
    oldest.complete ? 0 : oldest.writtenAt.getTime(),
  )
  const firstId = fromMs === 0 ? allTime : firstIdAt(fromMs)
  const told = new Map<number, { changes: number; sum: bigint }>()
  let checked = 0
  const lastOfOlder = new Map<string, number>()
  for await (const { orderId, version } of changesSince(tx, fromMs === 0 ? undefined : fromMs - 60_000)) {
    if (orderId < firstId) {
      // Of those that were not placed since, only that nothing came after what was told last.
      if (sinceMs !== undefined) lastOfOlder.set(orderId, Math.max(version, lastOfOlder.get(orderId) ?? 0))
      continue
    }
    const hour = Math.floor(timeInId(orderId) / hourMs)
    const sum = told.get(hour) ?? { changes: 0, sum: 0n }
    sum.changes += 1
    sum.sum += BigInt(Number.parseInt(orderId.slice(-12), 16)) * BigInt(version)
    told.set(hour, sum)
    checked += 1
  }
  const kept = new Map((await changesByHour(tx, firstId)).map((row) => [row.hour, row]))
  const different = [...new Set([...told.keys(), ...kept.keys()])].filter(
    (hour) =>
      told.get(hour)?.changes !== kept.get(hour)?.changes || told.get(hour)?.sum !== BigInt(kept.get(hour)?.sum ?? -1),
  )
  const findings: Finding[] = (await notLastTold(tx, lastOfOlder, maxFindings)).map((row) => ({
    subject: row.order_id,
    message: `is at version ${row.version}, but the last of its events is of version ${row.told}`,
  }))
  for (const hour of different) {
    if (findings.length >= maxFindings) break
    findings.push(...(await differencesOfHour(tx, hour, firstId, maxFindings - findings.length)))
  }
  return result(checked + lastOfOlder.size, findings)
}

async function differencesOfHour(tx: Tx, hour: number, firstId: string, maxFindings: number): Promise<Finding[]> {
  const versions = new Map<string, number[]>()
  for await (const { orderId, version } of changesSince(tx, hour * hourMs - 60_000))
    if (orderId >= firstId && Math.floor(timeInId(orderId) / hourMs) === hour)
      versions.set(orderId, [...(versions.get(orderId) ?? []), version])
  const findings: Finding[] = []
  for (const row of await changesOfHour(tx, firstIdAt(hour * hourMs), firstIdAt((hour + 1) * hourMs))) {
    if (row.order_id < firstId) continue
    const events = (versions.get(row.order_id) ?? []).sort((a, b) => a - b)
    versions.delete(row.order_id)
    const wanted = Array.from({ length: row.version }, (_, index) => index + 1).filter(
      (version) => !row.elsewhere.some(([after, until]) => version > after && version <= until),
    )
    if (events.join() !== wanted.join())
      findings.push({
        subject: row.order_id,
        message: `is at version ${row.version}, but its events are of versions ${events.join(', ') || 'none'}`,
      })
  }
  for (const [orderId, events] of versions)
    findings.push({
      subject: orderId,
      message: `events of versions ${events.join(', ')} tell of an order that is not there`,
    })
  return findings.slice(0, maxFindings)
}
