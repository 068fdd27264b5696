import { keySource, seededRandom, shuffledIndexes } from './random.ts'
import type { LoadPlan } from './types.ts'

/** One request of the plan on its way; what the generator keeps in memory for each that is undecided. */
export type PlannedRequest = {
  sequence: number
  customer: number
  target: number
  repeat: boolean
  /** `performance.now()` times. */
  intendedAt: number
  firstSentAt: number
  attempts: number
  /** Called once, when nothing more will happen to it. */
  decided: boolean
}

export type RequestSource = {
  /** The next request, or null when the plan's count is used up. A double click follows its first half at once. */
  next(intendedAt: number): PlannedRequest | null
  /** The next one will be the second half of a double click. */
  repeatIsNext(): boolean
  /** The bytes to send, as latin-1 text. */
  serialise(request: PlannedRequest): string
}

/** Draws who orders what from the plan's seed; serialises from parts prepared once. */
export function createRequestSource(plan: LoadPlan): RequestSource {
  const random = seededRandom(plan.seed)
  const customers =
    plan.customerOrder === 'in-order' || plan.tokens.length === 0
      ? null
      : shuffledIndexes(plan.tokens.length, seededRandom(plan.seed ^ 0x5bd1e995))
  const customerCount = Math.max(1, plan.tokens.length)
  const keyOf = keySource(plan.seed, plan.keySalt ?? '')
  const repeatShare = plan.repeatShare ?? 0
  const limit = plan.count ?? Number.POSITIVE_INFINITY
  const host = new URL(plan.baseUrl).host
  const heads = plan.targets.map(
    ({ path, body }) =>
      `POST ${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`,
  )
  // Sockets are written as latin-1, the cheapest encoding there is; UTF-8 bodies keep their bytes this way.
  const bodies = plan.targets.map(({ body }) => Buffer.from(body, 'utf8').toString('latin1'))
  let sequence = 0
  let repeatNext: PlannedRequest | null = null

  return {
    next(intendedAt) {
      if (repeatNext) {
        const repeat = { ...repeatNext, intendedAt, repeat: true, firstSentAt: 0, attempts: 0 }
        repeatNext = null
        return repeat
      }
      if (sequence >= limit) return null
      const turn = sequence % customerCount
      const request: PlannedRequest = {
        sequence,
        customer: customers ? (customers[turn] ?? 0) : turn,
        target: heads.length === 1 ? 0 : Math.floor(random() * heads.length),
        repeat: false,
        intendedAt,
        firstSentAt: 0,
        attempts: 0,
        decided: false,
      }
      sequence += 1
      if (repeatShare > 0 && random() < repeatShare) repeatNext = request
      return request
    },
    repeatIsNext: () => repeatNext !== null,
    serialise(request) {
      const token = plan.tokens[request.customer]
      const authorization = token ? `authorization: Bearer ${token}\r\n` : ''
      const key = keyOf(request.sequence)
      return `${heads[request.target] ?? ''}${authorization}idempotency-key: ${key}\r\n\r\n${bodies[request.target] ?? ''}`
    },
  }
}
