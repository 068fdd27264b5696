import { type Kind, kindOf } from './kinds.ts'
import type { Telling } from './record-messages.ts'

/** Messages for the inbox about orders, of one kind and one instant; ids are all there is to them. */
export type MessagePage = {
  readonly atMs: number
  readonly kind: number
  /** Null: `shops` has one for each. */
  readonly shopId: string | null
  readonly customers: readonly string[]
  readonly orders: readonly string[]
  readonly shops: readonly string[] | null
}

/** Fewer are rows of their own: a page of three would be no smaller than three rows, and is found less directly. */
export const leastInPage = 64
/** So many that a page fits into one block of 8 kB, with one shop for all of them or one for each. */
const mostOfOneShop = 240
const mostOfSeveral = 160

/** What of these can lie in pages, and the others. Of something whose text follows from the order's id nothing else is kept. */
export function paginate(tellings: readonly Telling[]): { pages: MessagePage[]; others: Telling[] } {
  const others: Telling[] = []
  const alike = new Map<number, Map<Kind, Telling[]>>()
  for (const telling of tellings) {
    if (telling.parameters !== null || telling.aboutId !== telling.causeId || telling.shopId === null) {
      others.push(telling)
      continue
    }
    const { occurredAtMs, kind } = telling
    let kinds = alike.get(occurredAtMs)
    if (kinds === undefined) alike.set(occurredAtMs, (kinds = new Map()))
    const group = kinds.get(kind)
    if (group === undefined) kinds.set(kind, [telling])
    else group.push(telling)
  }
  const pages: MessagePage[] = []
  for (const [atMs, kinds] of alike)
    for (const [kind, group] of kinds)
      if (group.length < leastInPage) others.push(...group)
      else pages.push(...pagesOf(atMs, kindOf(kind).number, group))
  return { pages, others }
}

function* pagesOf(atMs: number, kind: number, group: readonly Telling[]): Iterable<MessagePage> {
  const shopId = group[0]?.shopId ?? null
  const oneShop = group.every((telling) => telling.shopId === shopId)
  const most = oneShop ? mostOfOneShop : mostOfSeveral
  for (let start = 0; start < group.length; start += most) {
    const part = group.slice(start, start + most)
    yield {
      atMs,
      kind,
      shopId: oneShop ? shopId : null,
      customers: part.map(({ customerId }) => customerId),
      orders: part.map(({ causeId }) => causeId),
      shops: oneShop ? null : part.map((telling) => telling.shopId as string),
    }
  }
}
