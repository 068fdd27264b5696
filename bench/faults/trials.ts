import { setTimeout as sleep } from 'node:timers/promises'
import { readHistory } from '../load/index.ts'
import { drain } from './judge.ts'
import { answeredPerSecond, type Sent, sendLoad } from './load.ts'
import { commitWithoutDisk, readOrders } from './referee.sql.ts'
import type { Stage } from './stage.ts'
import type { OverloadFigures } from './types.ts'
import type { World } from './world.ts'

type TrialOptions = { seed: number; customers: number; seconds: number; signal: AbortSignal | undefined }

/** More than may wait in the server, so that the bound of its queue is met and not that of our sockets. */
const floodConnections = 3_000

/** Measure the peak, then let three times as many come for some seconds, each asking once; then measure again. */
export async function overload(
  world: World,
  stage: Stage,
  { seed, customers, seconds, signal }: TrialOptions,
): Promise<{ figures: OverloadFigures; sent: Sent[] }> {
  const send = (plan: Parameters<typeof sendLoad>[3]) =>
    sendLoad(world, stage, customers, plan, [stage.plenty], undefined, signal)
  const peakOf = async (forMs: number) => {
    const sent = await send({ mode: { kind: 'closed' }, seed, connections: 256, durationMs: forMs })
    const { timeline } = sent.result
    // The middle half second of the later ones: the first is spent on getting warm.
    const rates = timeline.slice(1).map((_, index) => answeredPerSecond(timeline, index + 1, 1))
    const sorted = rates.slice(1).toSorted((a, b) => a - b)
    return { sent, perSecond: sorted[Math.floor(sorted.length / 2)] ?? 0 }
  }
  const peak = await peakOf(2_500)
  // On a machine that had no time for us at all it is none; the checks say so then.
  const offered = Math.max(1, Math.ceil(peak.perSecond * 3))
  const probes = probe(`${world.souk.url}${stage.plenty.path}`)
  const flood = await send({
    mode: { kind: 'open', ratePerSecond: offered },
    seed: seed + 1,
    retry: false,
    timeoutMs: 10_000,
    settleMs: 12_000,
    connections: floodConnections,
    durationMs: seconds * 1_000,
  }).catch(async (error: unknown) => {
    await probes.stop()
    throw error
  })
  const turnedAwayMs = (await probes.stop()).toSorted((one, other) => one - other)
  // What was sold in the flood is confirmed first, by the same two hands.
  await drain(world)
  const again = await peakOf(2_500)
  let turnedAway = 0
  let unanswered = 0
  const unansweredBy: Record<string, number> = {}
  for await (const { outcome, code } of readHistory(flood.file)) {
    if (outcome === 'shed' || code === 'rate-limited') turnedAway += 1
    if (outcome !== 'indeterminate') continue
    unanswered += 1
    unansweredBy[code] = (unansweredBy[code] ?? 0) + 1
  }
  return {
    sent: [peak.sent, flood, again.sent],
    figures: {
      peakPerSecond: Math.round(peak.perSecond),
      offeredPerSecond: offered,
      goodputPerSecond: Math.round(flood.result.acceptedPerSecond),
      afterwardsPerSecond: Math.round(again.perSecond),
      came: flood.result.sent,
      turnedAway,
      turnedAwayP99Ms: Math.round(turnedAwayMs[Math.floor(turnedAwayMs.length * 0.99)] ?? 0),
      unanswered,
      unansweredBy,
    },
  }
}

/**
 * One more customer every 25 ms, without a name, so that it is never sold anything: how long until the door says 401 or
 * that it is too busy? The flood's own clients also wait for their sockets, which says nothing about the server.
 */
function probe(url: string): { stop(): Promise<number[]> } {
  const answeredMs: number[] = []
  const asking = new Set<Promise<void>>()
  const ask = async () => {
    const beganAt = performance.now()
    await fetch(url, { method: 'POST', signal: AbortSignal.timeout(10_000) })
      .then((answer) => answer.text())
      .catch(() => {})
    answeredMs.push(performance.now() - beganAt)
  }
  const timer = setInterval(() => {
    const asked = ask()
    asking.add(asked)
    void asked.then(() => asking.delete(asked))
  }, 25)
  return {
    async stop() {
      clearInterval(timer)
      await Promise.all(asking)
      return answeredMs
    },
  }
}

export type PowerCut = { answered: number; lost: number }

/**
 * Every process of PostgreSQL is killed at once while orders come in, so what it had only in its memory is gone: which
 * orders were answered and are not there? Nobody asks again meanwhile, as that would place the lost ones anew.
 */
async function cutPower(
  world: World,
  stage: Stage,
  options: TrialOptions,
  at: number,
): Promise<PowerCut & { sent: Sent }> {
  const stop = new AbortController()
  const loading = sendLoad(
    world,
    stage,
    options.customers,
    {
      mode: { kind: 'closed' },
      seed: options.seed + at,
      connections: 32,
      durationMs: 2e4,
      retry: false,
      timeoutMs: 2e3,
    },
    [stage.plenty],
    undefined,
    stop.signal,
  )
  await sleep(1_000 + (options.seed % 7) * 100)
  await world.postgres.kill()
  stop.abort()
  const sent = await loading
  await world.postgres.restart('immediate')
  const orders = await world.referee((client) => readOrders(client, stage.shopId))
  const known = new Set(orders.map(({ orderId }) => orderId))
  let answered = 0
  let lost = 0
  for await (const { outcome, orderId } of readHistory(sent.file)) {
    if (outcome !== 'accepted') continue
    answered += 1
    if (orderId === null || !known.has(orderId)) lost += 1
  }
  return { answered, lost, sent }
}

export const powerCut = (world: World, stage: Stage, options: TrialOptions) => cutPower(world, stage, options, 11)

/**
 * The same with commits that are answered before they are on the disk. It must be able to lose orders, or the trial above
 * could not see a loss. Leaves books that do not balance: the last thing done to a marketplace.
 */
export async function powerCutControl(world: World, stage: Stage, options: TrialOptions): Promise<PowerCut> {
  await world.referee(commitWithoutDisk)
  // Sessions that exist keep what they were opened with.
  await world.postgres.restart('fast')
  await sleep(1_500)
  const { answered, lost } = await cutPower(world, stage, options, 13)
  return { answered, lost }
}
