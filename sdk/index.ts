import { createClient } from './gen/client/index.ts'
import { Operations } from './gen/sdk.gen.ts'
import { type SendOptions, sender } from './send.ts'

export type { ProblemCode } from './gen/codes.gen.ts'
export type * from './gen/types.gen.ts'
export { type Fault, isProblem, SoukProblem, SoukUnreachable } from './problem.ts'
export type { SendOptions } from './send.ts'
export type * from './shapes.ts'

export type SoukOptions = SendOptions & {
  /** Where the marketplace is: "http://127.0.0.1:7700". In a page of its own origin: "". */
  baseUrl: string
}

/** Every operation of the API as a function; each resolves to the body of the answer or throws SoukProblem or SoukUnreachable. */
export type Souk = Operations

export const createSouk = (options: SoukOptions): Souk => {
  const send = sender(options)
  const here = (globalThis as { location?: { origin: string } }).location?.origin ?? ''
  const baseUrl = (options.baseUrl === '' ? here : options.baseUrl).replace(/\/$/, '')
  return new Operations({
    client: createClient({ baseUrl, throwOnError: true, fetch: (request) => send(request as Request) }),
  })
}

/** One per intent, the same with every repetition of it: `souk.placeOrder({ body, ...idempotencyKey(key) })`. */
export const idempotencyKey = (key: string) => ({ headers: { 'Idempotency-Key': key } })

/** Only if it still is the version that was read. */
export const ifMatch = (version: number | string) => ({ headers: { 'If-Match': `"${version}"` } })

type Page<Item> = { items: Item[]; nextCursor: string | null }

/**
 * Everything a list holds, page by page as it is consumed:
 * `for await (const product of each((cursor) => souk.listProducts({ query: { ...cursor, limit: 100 } })))`
 */
export async function* each<Item>(
  list: (cursor: { cursor?: string }) => Promise<Page<Item>>,
): AsyncGenerator<Item, void, undefined> {
  let next: string | null | undefined
  do {
    const page: Page<Item> = await list(next === undefined || next === null ? {} : { cursor: next })
    yield* page.items
    next = page.nextCursor
  } while (next !== null)
}
