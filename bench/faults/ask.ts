import { setTimeout as sleep } from 'node:timers/promises'

export type Asked = { method?: string; token: string; body?: unknown; key?: string }
/** `status` 0: nobody said yes or no until patience was at an end. */
export type Answer<Body> = { status: number; code: string; body: Body }

const oneAnswerMs = 5_000

/** Whether it may be asked again with the same key, and has to be. */
const undecided = (status: number, code: string) =>
  status === 0 || status >= 500 || status === 429 || status === 408 || code === 'idempotency-in-flight'

/** Ask, with one key, until somebody says yes or no. A GET without a key is asked the same way. */
export async function askUntilDecided<Body = Record<string, unknown>>(
  url: string,
  { method = 'GET', token, body, key }: Asked,
  giveUpAfterMs: number,
): Promise<Answer<Body>> {
  const giveUpAt = performance.now() + giveUpAfterMs
  for (let attempt = 0; ; attempt += 1) {
    const answer = await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(key !== undefined && { 'idempotency-key': key }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(oneAnswerMs),
    })
      .then(async (response) => ({ status: response.status, text: await response.text() }))
      .catch(() => ({ status: 0, text: '' }))
    const told = (answer.text.startsWith('{') ? JSON.parse(answer.text) : {}) as Body & { code?: string }
    const code = answer.status === 0 ? 'no-answer' : (told.code ?? '')
    if (!undecided(answer.status, code)) return { status: answer.status, code, body: told }
    if (performance.now() > giveUpAt) return { status: 0, code, body: told }
    await sleep(Math.min(1_000, 50 * 2 ** Math.min(5, attempt)))
  }
}
