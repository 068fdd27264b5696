import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'

/** What goes along with a request into every call made on its behalf. */
export type Carried = {
  /** Names the request in everybody's logs. */
  readonly correlationId: string
  /** Of whoever asked us, as W3C Trace Context has it. */
  readonly traceparent?: string
  /** Nobody waits for an answer any longer then; milliseconds of the epoch. */
  readonly deadlineAtMs?: number
}

const storage = new AsyncLocalStorage<Carried>()
let carries = false

/** Only a process that calls others over the network needs it: until this is called nothing is carried and nothing costs. */
export function startCarrying(): void {
  carries = true
}

export const isCarrying = (): boolean => carries

export const carrying = <T>(given: Carried, work: () => T): T => (carries ? storage.run(given, work) : work())

export const carried = (): Carried | undefined => (carries ? storage.getStore() : undefined)

const traceId = /^[0-9a-f]{32}$/

/** The header for a call made now: the same trace, a span of its own. A correlation id that is no trace id becomes one. */
export function traceparentOf({ correlationId, traceparent }: Carried): string {
  const plain = correlationId.replaceAll('-', '').toLowerCase()
  const trace = traceparent?.slice(3, 35) ?? (traceId.test(plain) ? plain : randomBytes(16).toString('hex'))
  return `00-${trace}-${randomBytes(8).toString('hex')}-${traceparent?.slice(53, 55) || '01'}`
}
