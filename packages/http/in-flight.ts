import type { ServerResponse } from 'node:http'
import type { Exchange } from './exchange.ts'

const exchangeOf = Symbol('exchange')
type Response = ServerResponse & { [exchangeOf]?: Exchange }

export type InFlight = {
  readonly size: number
  add(exchange: Exchange): void
  stop(): void
}

export type InFlightOptions = {
  /** How long a reader may take to fetch an answer. */
  sendTimeoutMs: number
  /** The handler has had its time. */
  onTimeout(exchange: Exchange): void
  /** The answer is out, or its reader is gone. Once per request. */
  onDone(exchange: Exchange, durationMs: number): void
}

/**
 * The requests being worked on. One sweep twice a second keeps their deadlines: a timer and an AbortController for each
 * request (as Fastify's handlerTimeout makes them) cost several microseconds, this costs two listeners.
 *
 * They stand in an array, each knowing its place, and not in a Set: see `SteadyMap` for what that costs under load.
 */
export function trackInFlight(options: InFlightOptions): InFlight {
  const exchanges: Exchange[] = []

  function remove(exchange: Exchange): void {
    const last = exchanges.pop() as Exchange
    if (last === exchange) return
    exchanges[exchange.place] = last
    last.place = exchange.place
  }

  function done(this: Response): void {
    const exchange = this[exchangeOf]
    if (exchange === undefined || exchange.done) return
    exchange.done = true
    remove(exchange)
    options.onDone(exchange, performance.now() - exchange.startedAtMs)
  }

  const sweep = setInterval(() => {
    const nowMs = performance.now()
    // A copy: whoever is told that his time is over may be done at once.
    for (const exchange of exchanges.slice()) {
      const { handlingSinceMs, answeredAtMs, served, reply } = exchange
      if (answeredAtMs !== 0) {
        // A reader that takes what is small in half a minute is not slow, it is holding on to memory and a socket.
        if (nowMs - answeredAtMs > options.sendTimeoutMs) reply.raw.destroy()
      } else if (handlingSinceMs !== 0 && nowMs - handlingSinceMs > served.timeoutMs) options.onTimeout(exchange)
    }
  }, 500)
  sweep.unref()

  return {
    get size() {
      return exchanges.length
    },
    add(exchange) {
      const raw: Response = exchange.reply.raw
      raw[exchangeOf] = exchange
      raw.on('finish', done)
      raw.on('close', done)
      exchange.place = exchanges.push(exchange) - 1
    },
    stop: () => clearInterval(sweep),
  }
}
