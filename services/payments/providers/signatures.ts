import { createHmac, timingSafeEqual } from 'node:crypto'
import { type WebhookHeaders, WebhookRefused } from '../provider.ts'

/** How far a provider's clock and ours may be apart, and how long a webhook may take. */
export const toleranceMs = 300_000

export const hmacSha256 = (secret: string, ...parts: (string | Uint8Array)[]): string => {
  const hmac = createHmac('sha256', secret)
  for (const part of parts) hmac.update(part)
  return hmac.digest('hex')
}

/** Without telling by its time how much of it was right. */
export function isSame(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** One value of a header; names are lower case. @throws WebhookRefused when it is missing or there are several */
export function headerOf(headers: WebhookHeaders, name: string): string {
  const value = headers[name]
  if (typeof value !== 'string' || value === '') throw new WebhookRefused('forged', `the header ${name} is missing`)
  return value
}

/**
 * A signature of the form `t=seconds,v1=hex,v1=hex` over `seconds.body`. Every secret is tried against every signature,
 * so that a secret can be exchanged while webhooks are under way.
 * @throws WebhookRefused
 */
export function checkTimed(header: string, body: Uint8Array, secrets: readonly string[], nowMs: number): void {
  const fields = header.split(',').map((field) => field.trim().split('=', 2))
  const seconds = fields.find(([name]) => name === 't')?.[1] ?? ''
  const given = fields.flatMap(([name, value]) => (name === 'v1' && value !== undefined ? [value] : []))
  if (!/^\d{1,12}$/.test(seconds) || given.length === 0 || given.length > 10)
    throw new WebhookRefused('forged', 'the signature is not of the form t=…,v1=…')
  let right = false
  for (const secret of secrets) {
    const expected = hmacSha256(secret, `${seconds}.`, body)
    for (const one of given) right = isSame(expected, one) || right
  }
  if (!right) throw new WebhookRefused('forged', 'the signature does not belong to this body and secret')
  if (Math.abs(nowMs - Number(seconds) * 1_000) > toleranceMs)
    throw new WebhookRefused('stale', 'it was signed more than 300 s ago, or in the future')
}

/** @throws WebhookRefused */
export function readJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw new WebhookRefused('unreadable', 'the body is no JSON')
  }
}
