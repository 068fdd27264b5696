/**
 * What payments asks of whoever moves the money, and what it may rely on. Every provider is one implementation of this;
 * nothing outside `providers/` knows which there are.
 *
 * - Each call carries our idempotency key: the same for every repeat of one operation on one payment, so that a provider
 *   that remembers keys does nothing twice. Not all of them remember long enough: see `find`.
 * - Each call carries our reference, the payment's id, which the provider keeps with its record.
 * - Amounts are minor units and ISO 4217 codes on both sides of this port. What a provider says it did is compared with
 *   what it was asked: the answer must tell the amount as the provider has it, never echo ours.
 * - No card number ever passes here: a card is the provider's own token.
 */
export type PaymentProvider = {
  /** "test", "stripe", …: stored with each payment, and the `{provider}` of the webhook's address. */
  readonly name: string
  /** The methods it can be used for. */
  readonly methods: ReadonlySet<ProviderMethod>
  /** Promise the money, or take it at once when `capture` is set. @throws ProviderRefused, ProviderUnavailable, ProviderOutcomeUnknown */
  authorise(request: AuthoriseAsk): Promise<ProviderAnswer>
  /**
   * Many at once, one answer each in their order; an element is the error when that one failed. Only for providers that
   * answer for certain within some 100 ms: orders are confirmed in batches while this is awaited.
   */
  authoriseMany?(requests: readonly AuthoriseAsk[]): Promise<readonly (ProviderAnswer | ProviderError)[]>
  /** Take promised money, all or a part of it. */
  capture(request: OperationAsk): Promise<ProviderAnswer>
  /** Let go of promised money that was not taken. */
  voidAuthorisation(request: OperationAsk): Promise<ProviderAnswer>
  /** Send taken money back, all or a part of it. */
  refund(request: RefundAsk): Promise<ProviderAnswer>
  /**
   * What the provider knows under our reference; undefined when it has never heard of it. Asked before anything is repeated.
   * @param providerReference its own name for it, as soon as we have one: not every provider can search by ours (PayPal).
   */
  find(ourReference: string, providerReference?: string): Promise<ProviderRecord | undefined>
  /**
   * What a webhook says, if the provider sent it. Signature over the raw body compared in constant time; not older than
   * 300 s. Knows nothing of replays: those are recognised by `eventId`.
   * May have to fetch the provider's certificate first, once a day (PayPal): await it.
   * @throws WebhookRefused; ProviderUnavailable when that certificate cannot be had
   */
  readWebhook(headers: WebhookHeaders, rawBody: Uint8Array, nowMs: number): WebhookEvent | Promise<WebhookEvent>
  /** Everything that happened in a time, for comparing books. Oldest first; in pages, so that a year fits. */
  listLedger(from: Date, to: Date): AsyncIterable<ProviderRecord>
}

export type ProviderMethod = 'card' | 'bank-transfer'

export type AuthoriseAsk = {
  /** The payment's id, which is the order's too. */
  readonly ourReference: string
  readonly idempotencyKey: string
  readonly method: ProviderMethod
  readonly amountMinor: number
  readonly currency: string
  /** The provider's own, for a card that the customer gave to it; undefined: the customer has yet to go there. */
  readonly token: string | undefined
  /** Take the money as soon as it is promised. */
  readonly capture: boolean
  /** Where the customer comes back to, for providers that send them away. */
  readonly returnUrl: string
}

/** One step on a payment that the provider knows. */
export type OperationAsk = {
  readonly ourReference: string
  /** What the provider named it in its answer to `authorise`. */
  readonly providerReference: string
  readonly idempotencyKey: string
  readonly amountMinor: number
  readonly currency: string
}

export type RefundAsk = OperationAsk & {
  /** Ours; kept with the provider's record, so that two refunds of one payment can be told apart. */
  readonly refundId: string
}

export type ProviderAnswer =
  | {
      readonly kind: 'succeeded'
      /** What it names the payment (for `refund`: the refund). */
      readonly providerReference: string
      /** As the provider has it; compared with ours. */
      readonly amountMinor: number
      readonly currency: string
      /** For `authorise`: whether the money was also taken. For the others: true. */
      readonly captured: boolean
      /** What it keeps for itself, when it says so. */
      readonly feeMinor: number
    }
  /** For good. `reason` is a word of the provider's ("card_declined"), never card data. */
  | { readonly kind: 'declined'; readonly reason: string; readonly providerReference: string }
  /** Not decided yet: by the customer (who has to go to `redirectUrl` or needs `clientSecret`) or by a bank. */
  | {
      readonly kind: 'pending'
      readonly providerReference: string
      readonly redirectUrl: string | undefined
      readonly clientSecret: string | undefined
    }

/** What the provider has written down about one payment of ours: the truth, when an answer was lost. */
export type ProviderRecord = {
  readonly ourReference: string
  readonly providerReference: string
  readonly state: ProviderState
  /** What was asked for, as the provider has it. */
  readonly amountMinor: number
  readonly capturedMinor: number
  /** Sum of the refunds that succeeded or are under way. */
  readonly refundedMinor: number
  readonly feeMinor: number
  readonly currency: string
  readonly refunds: readonly ProviderRefund[]
  /** Why it was declined; empty otherwise. */
  readonly reason: string
  /** Successful captures; more than one is an alarm. */
  readonly captures: number
  /** While pending, where a provider tells it again: the answer that first said so may have been lost. */
  readonly redirectUrl?: string | undefined
  readonly clientSecret?: string | undefined
  readonly changedAtMs: number
}

export type ProviderState = 'pending' | 'authorised' | 'captured' | 'declined' | 'voided'

export type ProviderRefund = {
  /** Ours, as sent; empty when the refund was not made by us. */
  readonly refundId: string
  readonly providerReference: string
  readonly amountMinor: number
  readonly state: 'pending' | 'succeeded' | 'failed'
}

/**
 * A webhook that was really sent. Says only that something happened: what to believe is fetched with `find`, or taken from
 * `record` when the webhook carries the whole of it.
 */
export type WebhookEvent = {
  /** The provider's, unique with it. */
  readonly eventId: string
  /** "payment.captured", in the provider's words; for people. */
  readonly kind: string
  /** The payment it is about; undefined when it concerns none of ours. */
  readonly ourReference: string | undefined
  readonly occurredAtMs: number
}

export type WebhookHeaders = Readonly<Record<string, string | string[] | undefined>>

/** The provider understood and said no to the request itself (bad key, unknown token, wrong state). Never retried. */
export class ProviderRefused extends Error {
  /** A word of the provider's, for people and records; never card data. */
  readonly reason: string
  constructor(reason: string, options?: ErrorOptions) {
    super(`the provider refused: ${reason}`, options)
    this.name = 'ProviderRefused'
    this.reason = reason
  }
}

/** Nothing happened there: not reached, turned away, too many requests, circuit open. May be tried again. */
export class ProviderUnavailable extends Error {
  /** When the provider said so. */
  readonly retryAfterMs: number | undefined
  constructor(message: string, options?: ErrorOptions & { retryAfterMs?: number }) {
    super(message, options)
    this.name = 'ProviderUnavailable'
    this.retryAfterMs = options?.retryAfterMs
  }
}

/** Sent, and no answer that can be relied on: timed out, cut, 5xx. Look it up with `find`; never repeat blindly. */
export class ProviderOutcomeUnknown extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ProviderOutcomeUnknown'
  }
}

export type ProviderError = ProviderRefused | ProviderUnavailable | ProviderOutcomeUnknown

/** Not from the provider, changed on the way, or too old. `why` tells which, for the audit record and metrics. */
export class WebhookRefused extends Error {
  readonly why: 'forged' | 'stale' | 'unreadable'
  constructor(why: 'forged' | 'stale' | 'unreadable', message: string) {
    super(message)
    this.name = 'WebhookRefused'
    this.why = why
  }
}

/** The providers that are set up, each behind its guard: time-out, circuit breaker, bulkhead. */
export type ProvidersAtHand = {
  named(name: string): PaymentProvider | undefined
  /** Who is asked for a new payment of a method. */
  forMethod(method: ProviderMethod, withToken?: boolean): PaymentProvider | undefined
  readonly all: readonly PaymentProvider[]
}
