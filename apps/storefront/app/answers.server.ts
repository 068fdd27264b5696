import { isProblem, SoukProblem, SoukUnreachable } from '@souk/sdk'
import { data, type HeadersArgs } from 'react-router'

const day = 86_400
/** For everybody: fresh for a moment, shown while it is made anew, and better than nothing for a day. */
const control = (freshSeconds: number) =>
  `public, max-age=0, s-maxage=${freshSeconds}, stale-while-revalidate=120, stale-if-error=${day}`

export const lifeOf = { page: 10, sale: 1, list: 10 } as const

/** What a loader of a page for everybody returns. */
export const forEverybody = <Value>(value: Value, freshSeconds: number = lifeOf.page) =>
  data(value, { headers: { 'cache-control': control(freshSeconds) } })

/** `export { headersOf as headers }`: what the loader said about keeping, or the error. */
export function headersOf({ loaderHeaders, errorHeaders }: HeadersArgs): HeadersInit {
  return errorHeaders ?? loaderHeaders
}

export const notFound = () => data(null, { status: 404, headers: { 'cache-control': 'public, max-age=0, s-maxage=5' } })

/** Pages for errors: 404 for what is not there, 503 for what may work in a moment, 500 for what should not happen. */
export function asPage(error: unknown): unknown {
  if (error instanceof SoukUnreachable) return busy()
  if (!(error instanceof SoukProblem)) return error
  if (error.status === 404 || error.status === 410 || isProblem(error, 'validation-failed')) return notFound()
  if (error.status === 503 || error.status === 429) return busy()
  return data(error.correlationId, { status: 500 })
}

const busy = () => data(null, { status: 503, headers: { 'retry-after': '5' } })

/** Reads what a page needs. @throws what becomes an error page. */
export async function reading<Value>(read: () => Promise<Value>): Promise<Value> {
  try {
    return await read()
  } catch (error) {
    throw asPage(error)
  }
}
