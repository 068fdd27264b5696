/** What the API answers for a part of a list. */
export type Answer<Row> = { items: Row[]; nextCursor: string | null }

/** A part of a list that was read: where it begins, what stands in it, what comes behind. */
export type Part<Row> = Answer<Row> & { cursor: string | null }

/** Parts in their order, without gaps: what one says comes next is where the following begins. */
export type Parts<Row> = readonly Part<Row>[]

export type Read<Row> = (cursor: string | null) => Promise<Answer<Row>>

/** Whatever was looked at is read again at once; more than this at a time is never in sight. */
const atOnce = 4

/**
 * Read a list anew without reading all of it: its beginning when that is in sight, or the parts that are. What lies
 * elsewhere stays as it is, as long as it still joins on; otherwise it is dropped and read when it comes into sight again.
 */
export async function renewed<Row>(
  parts: Parts<Row>,
  sight: { from: number; to: number },
  read: Read<Row>,
): Promise<(now: Parts<Row>) => Part<Row>[]> {
  const [first, last] = partsIn(parts, sight)
  const looked = parts.slice(first, Math.min(last, first + atOnce - 1) + 1)
  if (looked.length === 0) {
    const begin = { cursor: null, ...(await read(null)) }
    return () => [begin]
  }
  const fresh = await Promise.all(looked.map(async ({ cursor }) => ({ cursor, ...(await read(cursor)) })))
  return (now) => joined([...now.slice(0, first), ...fresh, ...now.slice(first + fresh.length)])
}

/** As far as each begins where the one before ends. */
function joined<Row>(parts: Parts<Row>): Part<Row>[] {
  const gap = parts.findIndex(({ cursor }, index) => index > 0 && cursor !== parts[index - 1]?.nextCursor)
  return parts.slice(0, gap === -1 ? undefined : gap)
}

/** The first and the last part that hold rows in sight. */
export function partsIn(
  parts: Parts<unknown>,
  { from, to }: { from: number; to: number },
): [first: number, last: number] {
  let rows = 0
  let first = 0
  for (const [index, { items }] of parts.entries()) {
    rows += items.length
    if (from > 0 && rows <= from) first = Math.min(index + 1, parts.length - 1)
    if (rows >= to) return [first, index]
  }
  return [first, parts.length - 1]
}

/** Rows of all parts as one list. Parts that are added behind cost only what they hold, however long the list is. */
export function createRows<Row>(): (parts: Parts<Row>) => readonly Row[] {
  let known: Parts<Row> = []
  let rows: Row[] = []
  return (parts) => {
    const grown = parts.length >= known.length && known.every((part, index) => part === parts[index])
    if (!grown) rows = parts.flatMap(({ items }) => items)
    else for (const { items } of parts.slice(known.length)) rows.push(...items)
    known = parts
    return rows
  }
}
