import type { Kind } from './kinds.ts'
import type { Channel } from './message.ts'
import type { Language } from './wording/index.ts'

/** A message ready to leave. */
export type Outgoing = {
  /** Ours, the same at every attempt: providers that can tell a repeat by it are given it. */
  messageId: string
  /** An e-mail address, a phone number (E.164), a device's token. */
  to: string
  kind: Kind
  language: Language
  subject: string
  text: string
  /** A whole mail. */
  html: string
  shopName: string
  /** Each parameter of the kind as people read it, in their order: for words that are kept by the provider. */
  values: readonly string[]
}

/**
 * - `sent`: taken by the provider, with its reference.
 * - `refused`: it will never take this one (no such number, blocked); nothing is repeated.
 * - `later`: it did not take this one now. `unknown`: it may have, and nobody can tell; it is sent again, so somebody may
 *   read it twice. `untried`: there was no time left for it.
 */
export type Outcome =
  | { kind: 'sent'; reference: string }
  | { kind: 'refused'; cause: string }
  | { kind: 'later'; cause: string }
  | { kind: 'unknown'; cause: string }
  | { kind: 'untried'; cause: string }

/** A way out of the house: one provider behind a port that all of them are held to (channel.conformance.ts). */
export type Provider = {
  /** "smtp": in metrics, events and the names of circuits. */
  readonly name: string
  readonly channel: Channel
  /** How many a second at most, as agreed with it. */
  readonly perSecond: number
  /**
   * Hand over up to 100 messages. One outcome each, in their order.
   * @throws ProviderAway when it could not be reached or could not be asked: nothing of the batch was taken. Any other
   *   error means that nobody knows.
   */
  send(batch: readonly Outgoing[], signal: AbortSignal): Promise<Outcome[]>
  close?(): Promise<void>
}

export class ProviderAway extends Error {
  readonly retryAfterMs: number | undefined
  constructor(provider: string, cause: string, retryAfterMs?: number) {
    super(`${provider} cannot be reached: ${cause}`)
    this.name = 'ProviderAway'
    this.retryAfterMs = retryAfterMs
  }
}

/** No message of a batch is begun later than this: with its own time-out of 9 s the batch ends before the guard's 30 s. */
const beginWithinMs = 20_000
export const callTimeoutMs = 9_000

/**
 * For providers that take messages one by one: some at a time. Who finds the provider away stops the others from trying;
 * when nobody found it there, the whole batch was not taken.
 * @throws ProviderAway
 */
export async function oneByOne(
  batch: readonly Outgoing[],
  atOnce: number,
  send: (message: Outgoing) => Promise<Outcome>,
): Promise<Outcome[]> {
  const outcomes: (Outcome | undefined)[] = Array.from({ length: batch.length })
  const startedAt = performance.now()
  let away: ProviderAway | undefined
  let next = 0
  const runner = async () => {
    while (next < batch.length && away === undefined && performance.now() - startedAt < beginWithinMs) {
      const index = next
      next += 1
      try {
        outcomes[index] = await send(batch[index] as Outgoing)
      } catch (error) {
        if (!(error instanceof ProviderAway)) outcomes[index] = { kind: 'unknown', cause: (error as Error).name }
        else away = error
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, batch.length) }, runner))
  if (away !== undefined && outcomes.every((outcome) => outcome === undefined)) throw away
  const cause = away === undefined ? 'there was no time left for it' : away.message
  return batch.map((_, index) => outcomes[index] ?? { kind: 'untried', cause })
}

/** What an answer over HTTP says of one message, for providers without finer words. */
export function outcomeOfStatus(provider: string, status: number, cause: string, retryAfter: string | null): Outcome {
  if (status === 429) throw new ProviderAway(provider, 'too many requests', (Number(retryAfter) || 1) * 1_000)
  if (status === 401 || status === 403) throw new ProviderAway(provider, `it refuses our credentials (${status})`)
  if (status === 408 || status >= 500) return { kind: 'later', cause: `${status} ${cause}` }
  return { kind: 'refused', cause: `${status} ${cause}` }
}

/** A failed fetch: refused connections reached nobody, everything else may have. */
export function outcomeOfFetchError(provider: string, error: unknown): Outcome {
  const code = ((error as { cause?: { code?: string } }).cause?.code ?? (error as { code?: string }).code) || ''
  if (
    ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'].includes(code)
  )
    throw new ProviderAway(provider, code)
  return { kind: 'unknown', cause: code || (error as Error).name }
}
