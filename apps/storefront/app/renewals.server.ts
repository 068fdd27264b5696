import { isProblem, type Souk } from '@souk/sdk'

export type Tokens = { access: string; refresh: string; accessUntilMs: number }

export const tokensOf = (
  answer: { accessToken: string; refreshToken: string; expiresInSeconds: number },
  nowMs: number,
): Tokens => ({
  access: answer.accessToken,
  refresh: answer.refreshToken,
  accessUntilMs: nowMs + answer.expiresInSeconds * 1_000,
})

/**
 * Refresh tokens are good once. A page asks for several things at once, and each request still carries the cookie from
 * before: all of them get the one renewal, also those that come a little later. The API gives the same answer to a
 * repeat for 10 s, which covers other processes.
 */
export function createRenewals(souk: Pick<Souk, 'refresh'>, clock: () => number = Date.now) {
  const renewed = new Map<string, Promise<Tokens | undefined>>()
  const rememberedMs = 30_000

  /** New tokens; undefined when the session is over. @throws when nobody can say. */
  return (refreshToken: string): Promise<Tokens | undefined> => {
    let renewal = renewed.get(refreshToken)
    if (renewal === undefined) {
      renewal = souk.refresh({ body: { refreshToken } }).then(
        (answer) => tokensOf(answer, clock()),
        (error: unknown) => {
          if (isProblem(error) && error.status < 500 && error.status !== 429) return undefined
          renewed.delete(refreshToken)
          throw error
        },
      )
      renewed.set(refreshToken, renewal)
      setTimeout(() => renewed.delete(refreshToken), rememberedMs).unref()
    }
    return renewal
  }
}

export type Renewals = ReturnType<typeof createRenewals>
