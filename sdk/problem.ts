import type { ProblemCode } from './gen/codes.gen.ts'

export type Fault = { in: 'body' | 'query' | 'params'; path: string; message: string }

/** The API refused: problem details (RFC 9457). Branch on `code`; show `detail`. */
export class SoukProblem extends Error {
  readonly status: number
  readonly code: ProblemCode | (string & {})
  readonly title: string
  readonly detail: string
  /** Quote it when you ask about this. */
  readonly correlationId: string
  /** With validation-failed: everything that is wrong with the request. */
  readonly faults: readonly Fault[]
  /** When it makes sense to ask again. */
  readonly retryAfterSeconds: number | undefined
  /** Members some codes add: what is left of what ran out, the price that changed… */
  readonly members: Readonly<Record<string, unknown>>

  constructor(status: number, body: unknown, retryAfterSeconds?: number) {
    const { code, title, detail, correlationId, faults, type: _, status: __, ...members } = membersOf(body)
    super(`${status} ${text(code, 'unknown')}: ${text(detail, text(title, 'The request was refused.'))}`)
    this.name = 'SoukProblem'
    this.status = status
    this.code = text(code, 'unknown')
    this.title = text(title, 'Refused')
    this.detail = text(detail, text(title, 'The request was refused.'))
    this.correlationId = text(correlationId, '')
    this.faults = Array.isArray(faults) ? (faults as Fault[]) : []
    this.retryAfterSeconds = retryAfterSeconds
    this.members = members
  }
}

/** No answer: the network, a time-out, or something that is no Souk. Whether an unsafe request was carried out is unknown. */
export class SoukUnreachable extends Error {
  constructor(what: string, cause: unknown) {
    super(`${what} got no answer: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.name = 'SoukUnreachable'
  }
}

/** Whether the API refused, and with one of these codes when some are named. */
export const isProblem = <Code extends ProblemCode>(
  error: unknown,
  ...codes: readonly Code[]
): error is SoukProblem & { code: Code } =>
  error instanceof SoukProblem && (codes.length === 0 || (codes as readonly string[]).includes(error.code))

const membersOf = (body: unknown): Record<string, unknown> =>
  typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}

const text = (value: unknown, otherwise: string): string =>
  typeof value === 'string' && value !== '' ? value : otherwise
