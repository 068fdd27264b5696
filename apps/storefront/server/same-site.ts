import type { IncomingHttpHeaders } from 'node:http'

/**
 * Whether an unsafe request comes from a page of this store. Browsers say so in Origin or Sec-Fetch-Site, which pages
 * cannot forge; whoever says neither is no browser of today, and is refused. The cookie is SameSite=Lax on top.
 */
export function isFromHere(headers: IncomingHttpHeaders, trustProxy: boolean): boolean {
  const host = (trustProxy && single(headers['x-forwarded-host'])) || headers.host
  const { origin } = headers
  if (origin !== undefined) return URL.canParse(origin) && new URL(origin).host === host
  return headers['sec-fetch-site'] === 'same-origin'
}

const single = (value: string | string[] | undefined) =>
  typeof value === 'string' ? value.split(',')[0]?.trim() : undefined
