import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom } from '../load/index.ts'
import type { Cut } from './proxy.ts'
import type { Provider } from './provider.ts'
import { aCut, shuffled } from './schedule.ts'
import { cutConnections, kill } from './strike.ts'
import { type PaymentFaultKind, paymentFaultKinds } from './types.ts'
import type { World } from './world.ts'

export type PlannedPaymentFault = {
  atMs: number
  kind: PaymentFaultKind
  forMs: number
  /** Of the provider. */
  mode: string
  cuts: { cut: Cut; marker: string; pauseMs: number }[]
}

/** What the provider does to every call meanwhile. */
const troubles = [
  '500-before',
  '500-after',
  'charge-then-timeout',
  'charge-then-reset',
  'nonsense',
  '429',
  'down',
  'slow:1500',
  'webhook-never',
] as const

/** Words by which a message to the database is known for what it commits. */
const markers = [
  'orders.order_confirmed',
  'orders.order_cancelled',
  'payments.payment_captured',
  'payments.payments_authorised',
  'payments.payment_refunded',
]

/** Every kind at least once, shuffled, evenly over the time; again and again when there is room. Follows from the seed. */
export function planPaymentFaults(seed: number, fromMs: number, untilMs: number): PlannedPaymentFault[] {
  const random = seededRandom(seed ^ 0x9a7)
  const rounds = Math.max(1, Math.floor((untilMs - fromMs) / (paymentFaultKinds.length * 2_500)))
  const kinds = Array.from({ length: rounds }, () => shuffled(paymentFaultKinds, random)).flat()
  const eachMs = (untilMs - fromMs) / kinds.length
  return kinds.map((kind, index) => ({
    kind,
    atMs: Math.round(fromMs + eachMs * (index + random() * 0.3)),
    forMs: Math.round(Math.min(eachMs, 2_000) * (0.3 + random() * 0.4)),
    mode: troubles[Math.floor(random() * troubles.length)] as string,
    cuts: Array.from({ length: 3 }, () => ({
      cut: aCut(random),
      marker: markers[Math.floor(random() * markers.length)] as string,
      pauseMs: random() * 100,
    })),
  }))
}

/** Do it, and put right what has to be put right from outside. @returns what was done, in words. */
export async function strikePayments(
  world: World,
  provider: Provider,
  { kind, forMs, mode, cuts }: PlannedPaymentFault,
): Promise<string> {
  const forSeconds = `for ${(forMs / 1_000).toFixed(1)} s`
  switch (kind) {
    case 'kill':
      return kill(world)
    case 'restart-postgres':
      await world.postgres.restart('immediate')
      return 'PostgreSQL ended as in a crash and started again'
    case 'kill-worker': {
      const pid = world.souk.workerPid()
      if (pid === undefined) return 'the worker was not there'
      process.kill(pid, 'SIGKILL')
      return `worker process ${pid} killed (SIGKILL); the marketplace starts another`
    }
    case 'freeze-worker':
      return freeze(world.souk.workerPid(), forMs, `worker process stopped (SIGSTOP) ${forSeconds}`)
    case 'kill-provider': {
      const { pid } = provider
      await provider.killAndRestart(forMs)
      return `payment provider ${pid} killed (SIGKILL), away ${forSeconds}; its webhooks on the way are lost`
    }
    case 'freeze-provider':
      return freeze(provider.pid, forMs, `payment provider stopped (SIGSTOP) ${forSeconds}`)
    case 'provider-trouble':
      await provider.control(mode)
      await sleep(forMs)
      await provider.control('ok')
      return `payment provider answers every call with ${mode} ${forSeconds}`
    case 'cut-saga':
      return cutConnections(
        world,
        cuts.map((each) => ({ ...each, marker: Buffer.from(each.marker) })),
        1_000,
      )
  }
}

async function freeze(pid: number | undefined, forMs: number, what: string): Promise<string> {
  if (pid === undefined) return 'nobody was there to be stopped'
  process.kill(pid, 'SIGSTOP')
  await sleep(forMs)
  try {
    process.kill(pid, 'SIGCONT')
  } catch {
    // Died of something else meanwhile.
  }
  return what
}
