import { type Page, pageOf } from './page-cache.ts'

const largest = 8 * 2 ** 20

/** Pictures of products come from the marketplace; browsers get them from here, so that a page has one origin. */
export function createPictures(apiUrl: string): (path: string) => Promise<Page> {
  return async (path) => {
    const answer = await fetch(`${apiUrl}${path}`, { signal: AbortSignal.timeout(5_000), redirect: 'manual' })
    const type = answer.headers.get('content-type') ?? ''
    const size = Number(answer.headers.get('content-length') ?? 0)
    if (!answer.ok || !type.startsWith('image/') || size > largest) {
      await answer.body?.cancel()
      return pageOf(answer.status >= 500 ? 503 : 404, [['cache-control', 'public, max-age=10']], Buffer.alloc(0))
    }
    const headers: [string, string][] = [
      ['content-type', type],
      ['cache-control', answer.headers.get('cache-control') ?? 'public, max-age=3600'],
      // A drawing may hold scripts; opened by itself it must not run them.
      ['content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox"],
    ]
    return pageOf(200, headers, Buffer.from(await answer.arrayBuffer()))
  }
}
