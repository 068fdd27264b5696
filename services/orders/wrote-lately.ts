export type WroteLately = { add(accountId: string): void; has(accountId: string): boolean }

/** Longer than any replica may be behind; who looks at older orders is in no hurry. */
const rememberedMs = 30_000

/** Who has just placed or cancelled something here, and wants to see it in his list at once. */
export function createWroteLately(clock: () => Date): WroteLately {
  // In order of time: an account that comes again goes to the end.
  const until = new Map<string, number>()
  return {
    add(accountId) {
      const now = clock().getTime()
      until.delete(accountId)
      until.set(accountId, now + rememberedMs)
      for (const [oldest, at] of until) {
        if (at > now) break
        until.delete(oldest)
      }
    },
    has: (accountId) => (until.get(accountId) ?? 0) > clock().getTime(),
  }
}
