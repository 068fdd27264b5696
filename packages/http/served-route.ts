import type { IncomingHttpHeaders } from 'node:http'
import type { BoundCounter, BoundHistogram } from '@souk/telemetry'
import type { Route } from './route.ts'

/** A route with everything that can be worked out before the first request. */
export type ServedRoute = {
  readonly definition: Route
  readonly clock: () => Date
  /** The address a server of ours asks for; undefined: nobody forwarded this. */
  readonly forwardedAddress: (headers: IncomingHttpHeaders) => string | undefined
  readonly unsafe: boolean
  readonly timeoutMs: number
  /** Seconds from the first byte understood to the last byte handed over. */
  readonly duration: BoundHistogram
  /** Answers by hundreds of their status: `answers[2]` counts 2xx. */
  readonly answers: readonly BoundCounter[]
  /** By status; for hot routes, whose requests do not pass through Fastify. */
  readonly serialisers: Readonly<Record<string, (value: unknown) => string>>
  /** Shared bodies as they are sent; forgotten with the body. */
  readonly written: WeakMap<object, Buffer>
}
