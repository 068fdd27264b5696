import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LoadResult } from '../load/index.ts'

/** A marketplace whose cost is counted: whatever processes it is made of. */
export type Costed = {
  name: string
  /** Whose processor time counts, with all their children; by what they do. */
  pids(): Readonly<Record<string, readonly number[]>>
  /** A steady load of plain orders, all of them answered. */
  send(options: { seed: number; ratePerSecond: number; durationMs: number; only?: string }): Promise<LoadResult>
  /** Resolves when every order is confirmed and everybody told. */
  drain(): Promise<void>
}

export type Cost = {
  name: string
  orders: number
  ratePerSecond: number
  /** Orders a second of processor time, from the order to its confirmation. */
  perCpuSecond: number
  microsPerOrder: number
  /** Microseconds an order, by what spent them. */
  byRole: Record<string, number>
  /** Microseconds a second of doing nothing, before the load: of Kafka's heartbeats and looks at empty queues. */
  idleCpuShare: number
  p99Ms: number
}

const idleMs = 8_000

/** What an order costs, less what the processes spend when nobody orders. Linux only: it reads /proc. */
export async function costOf(
  under: Costed,
  options: { seed: number; ratePerSecond: number; seconds: number },
): Promise<Cost> {
  const { seed, ratePerSecond, seconds } = options
  await under.send({ seed, ratePerSecond, durationMs: 3_000 })
  await under.drain()
  const before = cpuByRole(under.pids())
  await sleep(idleMs)
  const idle = difference(before, cpuByRole(under.pids()))
  const startMs = performance.now()
  const start = cpuByRole(under.pids())
  const result = await under.send({ seed: seed + 1, ratePerSecond, durationMs: seconds * 1_000 })
  await under.drain()
  const tookMs = performance.now() - startMs
  const spent = difference(start, cpuByRole(under.pids()))
  const byRole = Object.fromEntries(
    Object.entries(spent).map(([role, micros]) => [
      role,
      Math.round((micros - ((idle[role] ?? 0) * tookMs) / idleMs) / Math.max(1, result.accepted)),
    ]),
  )
  const microsPerOrder = Object.values(byRole).reduce((sum, each) => sum + each, 0)
  const idleMicros = Object.values(idle).reduce((sum, each) => sum + each, 0)
  return {
    name: under.name,
    orders: result.accepted,
    ratePerSecond,
    perCpuSecond: Math.round(1_000_000 / Math.max(1, microsPerOrder)),
    microsPerOrder,
    byRole,
    idleCpuShare: Math.round((idleMicros / (idleMs * 1_000)) * 100) / 100,
    p99Ms: result.latency.p99Ms,
  }
}

/** Microseconds in user and system mode since each began, with children that live or were waited for. */
function cpuByRole(roles: Readonly<Record<string, readonly number[]>>): Record<string, number> {
  const all = processes()
  const spentBy = (pid: number): number => {
    const own = all.get(pid)
    if (own === undefined) return 0
    return own.micros + own.children.reduce((sum, child) => sum + spentBy(child), 0)
  }
  return Object.fromEntries(
    Object.entries(roles).map(([role, pids]) => [role, pids.reduce((sum, pid) => sum + spentBy(pid), 0)]),
  )
}

const difference = (before: Record<string, number>, after: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(after).map(([role, micros]) => [role, Math.max(0, micros - (before[role] ?? 0))]))

/** Of Linux: a tick is a hundredth of a second. */
const tickMicros = 10_000

function processes(): Map<number, { micros: number; children: number[] }> {
  const found = new Map<number, { micros: number; parent: number; children: number[] }>()
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0)
      found.set(Number(entry), { micros: ticks * tickMicros, parent: Number(fields[1]), children: [] })
    } catch {
      // It ended while we looked.
    }
  }
  for (const [pid, { parent }] of found) found.get(parent)?.children.push(pid)
  return found
}
