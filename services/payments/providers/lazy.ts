import type { PaymentProvider, ProviderMethod } from '../provider.ts'

export type LazyProvider = {
  name: string
  methods: ReadonlySet<ProviderMethod>
  /** It answers many at once. */
  many?: boolean
  load: () => Promise<PaymentProvider>
}

/**
 * A provider whose code is loaded at its first call: the four of them and their libraries are half a second of the
 * start of a marketplace that may use none.
 */
export function lazyProvider({ name, methods, many, load }: LazyProvider): PaymentProvider {
  let loading: Promise<PaymentProvider> | undefined
  const loaded = () => (loading ??= load())
  return {
    name,
    methods,
    authorise: async (ask) => (await loaded()).authorise(ask),
    ...(many && {
      async authoriseMany(asks) {
        const provider = await loaded()
        return provider.authoriseMany?.(asks) ?? Promise.all(asks.map((ask) => provider.authorise(ask)))
      },
    }),
    capture: async (ask) => (await loaded()).capture(ask),
    voidAuthorisation: async (ask) => (await loaded()).voidAuthorisation(ask),
    refund: async (ask) => (await loaded()).refund(ask),
    find: async (ours, theirs) => (await loaded()).find(ours, theirs),
    readWebhook: async (headers, rawBody, nowMs) => (await loaded()).readWebhook(headers, rawBody, nowMs),
    async *listLedger(from, to) {
      yield* (await loaded()).listLedger(from, to)
    },
  }
}
