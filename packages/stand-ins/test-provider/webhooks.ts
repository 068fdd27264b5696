import { createHmac, randomUUID } from 'node:crypto'
import type { Charge } from './charge.ts'
import type { Mode } from './modes.ts'

export type Webhook = { id: string; kind: string; reference: string; occurredAtMs: number; charge: Charge }

export type WebhookSender = {
  /** Tell what became of a payment. Resolves when the first attempt was answered; a failure is tried again later. */
  tell(kind: string, charge: Charge, mode: Mode): Promise<void>
  readonly waiting: number
  stop(): void
}

export const signWebhook = (secret: string, body: string, nowMs: number): string => {
  const seconds = Math.floor(nowMs / 1_000)
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`
}

/** After 1 s, 2 s, … 5 min: eight attempts in some nine minutes. What is not delivered when the process ends is lost. */
const againInMs = (attempt: number): number => Math.min(300_000, 1_000 * 2 ** (attempt - 1))
const attempts = 8
const maxInFlight = 20

export function createWebhookSender(options: { url: string | undefined; secret: string }): WebhookSender {
  const { url, secret } = options
  const timers = new Set<NodeJS.Timeout>()
  const queue: (() => void)[] = []
  let inFlight = 0

  const later = (ms: number, act: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer)
      act()
    }, ms)
    timer.unref()
    timers.add(timer)
  }

  async function post(webhook: Webhook): Promise<boolean> {
    if (inFlight >= maxInFlight) await new Promise<void>((resolve) => queue.push(resolve))
    inFlight += 1
    try {
      const body = JSON.stringify(webhook)
      const response = await fetch(url as string, {
        method: 'POST',
        redirect: 'error',
        signal: AbortSignal.timeout(5_000),
        headers: { 'content-type': 'application/json', 'souk-test-signature': signWebhook(secret, body, Date.now()) },
        body,
      })
      await response.arrayBuffer()
      return response.ok
    } catch {
      return false
    } finally {
      inFlight -= 1
      queue.shift()?.()
    }
  }

  async function deliver(webhook: Webhook, attempt = 1): Promise<void> {
    if (await post(webhook)) return
    if (attempt < attempts) later(againInMs(attempt), () => void deliver(webhook, attempt + 1))
  }

  const made = (kind: string, charge: Charge): Webhook => ({
    id: `evt_${randomUUID()}`,
    kind,
    reference: charge.reference,
    occurredAtMs: charge.changedAtMs,
    charge,
  })

  return {
    async tell(kind, charge, mode) {
      if (url === undefined || mode.name === 'webhook-never') return
      const webhook = made(kind, charge)
      if (mode.name === 'webhook-twice') await Promise.all([deliver(webhook), deliver(webhook)])
      else if (mode.name === 'webhook-out-of-order') {
        // What came before it is told after it.
        const before: Charge = { ...charge, state: 'pending', capturedMinor: 0, captures: 0, feeMinor: 0 }
        await deliver(webhook)
        later(200, () => void deliver(made('payment.pending', { ...before, changedAtMs: charge.createdAtMs })))
      } else await deliver(webhook)
    },
    get waiting() {
      return inFlight + queue.length + timers.size
    },
    stop() {
      for (const timer of timers) clearTimeout(timer)
      timers.clear()
    },
  }
}
