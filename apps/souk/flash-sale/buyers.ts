import type { Api } from '../api.ts'

export type Buyers = { tokens: string[]; accountIds: string[] }

/** Signed-in shoppers, a thousand at a time. Their tokens are good for 15 minutes. */
export async function signInBuyers(
  api: Api,
  count: number,
  onProgress: (ready: number) => void,
  signal?: AbortSignal,
): Promise<Buyers> {
  const buyers: Buyers = { tokens: [], accountIds: [] }
  while (buyers.tokens.length < count && !signal?.aborted) {
    const wanted = Math.min(1_000, count - buyers.tokens.length)
    const { items } = await api.post<{ items: { accountId: string; accessToken: string }[] }>(
      '/v1/identity/rehearsal-shoppers',
      { count: wanted },
    )
    for (const { accountId, accessToken } of items) {
      buyers.tokens.push(accessToken)
      buyers.accountIds.push(accountId)
    }
    onProgress(buyers.tokens.length)
  }
  return buyers
}
